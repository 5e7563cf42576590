#include "fleet/insight/common_cause.hpp"

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>
#include <optional>
#include <set>
#include <utility>

namespace ganglion::fleet::insight {
namespace {

using Devices = std::set<uint32_t>;

/// All devices with one value of one attribute.
struct Sharing {
    std::string attribute, value;
    std::vector<uint32_t> members;
};

/// The fleet by number, for quick counting.
struct Index {
    std::map<std::string, uint32_t> number;
    std::vector<Sharing> sharings;
    std::vector<std::vector<uint32_t>> sharings_of;  // of each device
};

Index index_of(const std::vector<FleetMember>& fleet) {
    Index index;
    std::map<std::pair<std::string, std::string>, uint32_t> places;
    index.sharings_of.resize(fleet.size());
    for (uint32_t device = 0; device < fleet.size(); ++device) {
        index.number[fleet[device].device] = device;
        for (const auto& attribute : fleet[device].attributes) {
            const auto [place, added] =
                places.try_emplace(attribute, static_cast<uint32_t>(index.sharings.size()));
            if (added) index.sharings.push_back({attribute.first, attribute.second, {}});
            index.sharings[place->second].members.push_back(device);
            index.sharings_of[device].push_back(place->second);
        }
    }
    return index;
}

/// Chance that at least `hits` of `members` are among `affected` drawn from `all`.
double tail(uint32_t hits, uint32_t members, uint32_t affected, uint32_t all) {
    if (hits == 0) return 1;
    const boost::math::hypergeometric_distribution<double> counts(affected, members, all);
    return boost::math::cdf(boost::math::complement(counts, static_cast<double>(hits) - 1));
}

struct Window {
    int64_t begin_ms = 0;
    Devices devices;  // with an anomaly
};

std::vector<Window> windows_of(const Index& index, const std::vector<Anomaly>& anomalies,
                               int64_t window_ms) {
    const int64_t half = std::max<int64_t>(1, window_ms / 2);
    std::map<int64_t, Devices> by_begin;
    for (const Anomaly& anomaly : anomalies) {
        const auto device = index.number.find(anomaly.device);
        if (device == index.number.end()) continue;
        const int64_t slot =
            anomaly.time_ms >= 0 ? anomaly.time_ms / half : -((-anomaly.time_ms + half - 1) / half);
        by_begin[slot * half].insert(device->second);
        by_begin[(slot - 1) * half].insert(device->second);
    }
    std::vector<Window> windows;
    windows.reserve(by_begin.size());
    for (auto& [begin, devices] : by_begin) windows.push_back({begin, std::move(devices)});
    return windows;
}

struct Candidate {
    CommonCause cause;
    Devices explained;
};

/// The clearest cause in all windows, with its p still for one test.
std::optional<Candidate> clearest(const Index& index, const std::vector<Window>& windows,
                                  const std::vector<Devices>& explained, uint32_t fleet_size,
                                  const CommonCauseSearch& search) {
    std::optional<Candidate> best;
    for (size_t w = 0; w < windows.size(); ++w) {
        Devices left;
        std::ranges::set_difference(windows[w].devices, explained[w],
                                    std::inserter(left, left.end()));
        if (left.size() < search.fewest_affected) continue;
        std::map<uint32_t, Devices> hits;
        for (const uint32_t device : left)
            for (const uint32_t sharing : index.sharings_of[device]) hits[sharing].insert(device);
        // Devices already explained are out of the population as well.
        const auto population = fleet_size - static_cast<uint32_t>(explained[w].size());
        for (auto& [number, devices] : hits) {
            if (devices.size() < search.fewest_affected) continue;
            const Sharing& sharing = index.sharings[number];
            const auto gone = static_cast<uint32_t>(std::ranges::count_if(
                sharing.members, [&](uint32_t device) { return explained[w].contains(device); }));
            const auto members = static_cast<uint32_t>(sharing.members.size()) - gone;
            const auto affected = static_cast<uint32_t>(devices.size());
            const double p =
                tail(affected, members, static_cast<uint32_t>(left.size()), population);
            if (best && p >= best->cause.p) continue;
            best = {{sharing.attribute, sharing.value, windows[w].begin_ms,
                     windows[w].begin_ms + search.window_ms, affected, members,
                     static_cast<uint32_t>(left.size()) - affected, p},
                    std::move(devices)};
        }
    }
    return best;
}

}  // namespace

std::vector<CommonCause> find_common_causes(const std::vector<FleetMember>& fleet,
                                            const std::vector<Anomaly>& anomalies,
                                            const CommonCauseSearch& search) {
    const Index index = index_of(fleet);
    const std::vector<Window> windows = windows_of(index, anomalies, search.window_ms);
    const double tries = static_cast<double>(std::max<size_t>(1, windows.size())) *
                         static_cast<double>(std::max<size_t>(1, index.sharings.size()));
    std::vector<Devices> explained(windows.size());
    std::vector<CommonCause> causes;
    for (;;) {
        auto found =
            clearest(index, windows, explained, static_cast<uint32_t>(fleet.size()), search);
        if (!found || found->cause.p * tries > search.significance) return causes;
        found->cause.p = std::min(1.0, found->cause.p * tries);
        // The same cause shows in every window that overlaps its own.
        for (size_t w = 0; w < windows.size(); ++w) {
            const bool overlaps = windows[w].begin_ms < found->cause.end_ms &&
                                  found->cause.begin_ms < windows[w].begin_ms + search.window_ms;
            if (!overlaps) continue;
            for (const Sharing& sharing : index.sharings) {
                if (sharing.attribute != found->cause.attribute ||
                    sharing.value != found->cause.value)
                    continue;
                explained[w].insert(sharing.members.begin(), sharing.members.end());
            }
        }
        causes.push_back(found->cause);
    }
}

}  // namespace ganglion::fleet::insight
