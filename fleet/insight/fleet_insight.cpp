#include "fleet/insight/fleet_insight.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace ganglion::fleet::insight {
namespace {

constexpr int64_t kCauseWindowMs = 3'600'000;
constexpr int64_t kCauseDays = 7;
constexpr uint32_t kMostEvents = 200'000;
constexpr uint32_t kPage = 10'000;

struct Range {
    int64_t from_ms, to_ms, step_ms;
};

/// Whole steps up to the one that runs now, which is left out: half a day is no day.
Range range_of(const InsightQuery& query) {
    const auto step = static_cast<int64_t>(query.span);
    const int64_t to = query.now_ms - query.now_ms % step;
    return {to - step * query.steps, to, step};
}

std::vector<Candidate> histories_of(Store& store, const InsightQuery& query) {
    const Range range = range_of(query);
    std::vector<Candidate> histories;
    for (const auto& [device, rows] :
         store.device_rollups({"", query.span, range.from_ms, range.to_ms})) {
        History history(query.steps, kMissing);
        for (const RollupRow& row : rows) {
            if (row.reports == 0) continue;
            const auto place = static_cast<size_t>((row.start_ms - range.from_ms) / range.step_ms);
            history[place] = static_cast<double>(row.score_sum) / static_cast<double>(row.reports);
        }
        histories.push_back({device, std::move(history)});
    }
    return histories;
}

std::string value_of(const Attributes& attributes, const std::string& name) {
    const auto place = attributes.find(name);
    return place == attributes.end() ? std::string() : place->second;
}

std::vector<RisingDevice> rising_devices(const std::vector<Candidate>& histories,
                                         double threshold) {
    std::vector<ShapeFinding> findings;
    std::vector<double> p;
    for (const Candidate& candidate : histories) {
        findings.push_back(find_shape(candidate.history, 1));
        p.push_back(findings.back().p);
    }
    const std::vector<double> rates = false_discovery_rates(p);
    std::vector<RisingDevice> rising;
    for (size_t i = 0; i < histories.size(); ++i) {
        if (rates[i] > 0.02) continue;
        const auto left = time_to_threshold(findings[i], threshold);
        if (left && findings[i].slope > 0)
            rising.push_back({histories[i].device, findings[i], *left});
    }
    std::ranges::sort(rising, {}, [](const RisingDevice& r) { return r.steps_left.expected; });
    return rising;
}

/// Decisions of the last days, newest pages first.
std::vector<Anomaly> recent_decisions(Store& store, int64_t from_ms) {
    std::vector<Anomaly> decisions;
    EventQuery query;
    query.limit = kPage;
    for (uint32_t read = 0; read < kMostEvents;) {
        const std::vector<StoredEvent> page = store.events(query);
        if (page.empty()) break;
        for (const StoredEvent& stored : page)
            if (stored.event.kind == 0 && stored.time_ms >= from_ms)
                decisions.push_back({stored.device, stored.time_ms});
        read += static_cast<uint32_t>(page.size());
        if (page.front().received_ms < from_ms) break;
        query.before = page.front().id;
    }
    return decisions;
}

std::vector<CommonCause> causes_of(Store& store, const InsightQuery& query) {
    const std::vector<FleetMember> members = members_of(store);
    CommonCauseSearch search;
    search.window_ms = kCauseWindowMs;
    const int64_t from_ms = query.now_ms - kCauseDays * static_cast<int64_t>(Span::day);
    return find_common_causes(members, recent_decisions(store, from_ms), search);
}

std::vector<HealthFinding> health_of(Store& store, const InsightQuery& query) {
    const Range range = range_of(query);
    const int64_t middle = range.from_ms + (range.to_ms - range.from_ms) / 2;
    std::array<double, kScoreBins> expected{};
    double total = 0;
    for (const RollupRow& row : store.rollups({"fleet", query.span, range.from_ms, middle})) {
        for (size_t bin = 0; bin < kScoreBins; ++bin) {
            expected[bin] += row.scores[bin];
            total += row.scores[bin];
        }
    }
    if (total == 0) return {};
    for (double& share : expected) share /= total;
    std::set<std::string> names;
    for (const VersionRow& row : store.versions()) names.insert(row.version);
    std::vector<VersionReport> versions;
    for (const std::string& name : names) {
        VersionReport report{name, {}, 0, 0};
        for (const RollupRow& row :
             store.rollups({"version:" + name, query.span, middle, range.to_ms})) {
            for (size_t bin = 0; bin < kScoreBins; ++bin) report.scores[bin] += row.scores[bin];
            report.alerts += row.alerts;
            // Devices report every ten seconds while they sense.
            report.hours += static_cast<double>(row.reports) / 360;
        }
        versions.push_back(std::move(report));
    }
    return model_health(versions, expected);
}

}  // namespace

std::vector<FleetMember> members_of(Store& store) {
    const std::map<std::string, Attributes> attributes = store.attributes();
    std::vector<FleetMember> members;
    for (const DeviceRow& row : store.devices({})) {
        FleetMember member{row.id, {}};
        if (const auto known = attributes.find(row.id); known != attributes.end())
            member.attributes = known->second;
        if (!row.firmware.empty()) member.attributes["firmware"] = row.firmware;
        if (!row.bundle_version.empty()) member.attributes["version"] = row.bundle_version;
        members.push_back(std::move(member));
    }
    return members;
}

FleetInsight look_at_fleet(Store& store, const InsightQuery& query) {
    FleetInsight insight;
    insight.query = query;
    const std::vector<Candidate> histories = histories_of(store, query);
    const std::map<std::string, Attributes> attributes = store.attributes();
    insight.devices = histories.size();
    insight.rising = rising_devices(histories, query.threshold);
    std::vector<PeerHistory> peers;
    for (const Candidate& candidate : histories) {
        const auto known = attributes.find(candidate.device);
        peers.push_back({candidate.device,
                         known == attributes.end() ? "" : value_of(known->second, "site"),
                         candidate.history});
    }
    insight.peers = compare_peers(peers);
    insight.causes = causes_of(store, query);
    insight.versions = health_of(store, query);
    return insight;
}

std::vector<SimilarHistory> look_for_similar(Store& store, const InsightQuery& query,
                                             const std::string& device, uint32_t pattern_steps) {
    std::vector<Candidate> histories = histories_of(store, query);
    const auto known = std::ranges::find(histories, device, &Candidate::device);
    if (known == histories.end() || known->history.size() < pattern_steps) return {};
    const History pattern(known->history.end() - static_cast<std::ptrdiff_t>(pattern_steps),
                          known->history.end());
    histories.erase(known);
    return similar_histories(pattern, histories);
}

}  // namespace ganglion::fleet::insight
