#include "fleet/insight/peers.hpp"

#include <algorithm>
#include <map>

namespace ganglion::fleet::insight {
namespace {

constexpr size_t kFewestPeers = 4;
/// The shape test itself decides nothing here: the false discovery rate over all of them does.
constexpr double kAnySignificance = 0.5;

using Rows = std::vector<History>;

/// Median of the rows in each step of time, without the row `but`.
History median_of(const Rows& rows, const std::vector<size_t>& members, size_t but, size_t steps) {
    History medians(steps, kMissing);
    std::vector<double> values;
    for (size_t step = 0; step < steps; ++step) {
        values.clear();
        for (const size_t member : members)
            if (member != but && step < rows[member].size()) values.push_back(rows[member][step]);
        medians[step] = median(values);
    }
    return medians;
}

History less(const History& a, const History& b) {
    History difference(a.size(), kMissing);
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) difference[i] = a[i] - b[i];
    return difference;
}

/// How far the shape moved over the whole history, in its direction.
double movement(const ShapeFinding& finding, size_t steps) {
    if (finding.shape == Shape::trend) return finding.slope * static_cast<double>(steps);
    return finding.shape == Shape::step ? finding.jump : 0;
}

bool large_enough(const ShapeFinding& finding, size_t steps, double least) {
    return finding.shape != Shape::steady && std::abs(movement(finding, steps)) >= least;
}

/// How far noise lasts is much the same in machines that are alike, and most of them are in order:
/// the median over all tells it better than one history that may hold a shape.
double shared_inflation(const Rows& rows) {
    std::vector<double> inflations;
    for (const History& row : rows) inflations.push_back(variance_inflation(row));
    return std::max(1.0, median(std::move(inflations)));
}

/// The share of a site's devices whose own histories end on the side to which the site moved.
double share_moving(const Rows& rows, const std::vector<size_t>& members, double direction) {
    size_t along = 0;
    for (const size_t member : members) {
        const History& row = rows[member];
        const auto middle = row.begin() + static_cast<std::ptrdiff_t>(row.size() / 2);
        const double change = median({middle, row.end()}) - median({row.begin(), middle});
        if (change * direction > 0) ++along;
    }
    return static_cast<double>(along) / static_cast<double>(members.size());
}

}  // namespace

PeerFindings compare_peers(const std::vector<PeerHistory>& histories, double false_discoveries,
                           double least_effect) {
    size_t steps = 0;
    Rows rows;
    std::map<std::string, std::vector<size_t>> sites;
    std::vector<size_t> all;
    for (const PeerHistory& peer : histories) {
        const double level = median(peer.history);
        History row = peer.history;
        for (double& value : row) value -= level;
        steps = std::max(steps, row.size());
        sites[peer.site].push_back(rows.size());
        all.push_back(rows.size());
        rows.push_back(std::move(row));
    }
    const size_t nobody = rows.size();
    const History fleet = median_of(rows, all, nobody, steps);

    std::vector<SiteEvent> events;
    Rows of_sites, of_devices(rows.size());
    for (const auto& [site, members] : sites) {
        const bool own = members.size() >= kFewestPeers;
        if (own) {
            // Where there is no other site, the site's own history is all that can be looked at.
            const History of_site = median_of(rows, members, nobody, steps);
            of_sites.push_back(sites.size() > 1 ? less(of_site, fleet) : of_site);
            events.push_back({site, {}, 1, 0});
        }
        for (const size_t member : members)
            of_devices[member] =
                less(rows[member], median_of(rows, own ? members : all, member, steps));
    }
    const double site_inflation = shared_inflation(of_sites);
    const double device_inflation = shared_inflation(of_devices);
    std::vector<double> site_p, device_p, noises;
    for (size_t i = 0; i < events.size(); ++i) {
        events[i].finding = find_shape(of_sites[i], kAnySignificance, site_inflation);
        events[i].sharing =
            share_moving(rows, sites.at(events[i].site), movement(events[i].finding, steps));
        site_p.push_back(events[i].finding.p);
    }
    std::vector<DeviceUnlike> unlike;
    for (size_t i = 0; i < rows.size(); ++i) {
        unlike.push_back({histories[i].device,
                          find_shape(of_devices[i], kAnySignificance, device_inflation), 1});
        device_p.push_back(unlike.back().finding.p);
        noises.push_back(unlike.back().finding.noise);
    }

    PeerFindings findings;
    const std::vector<double> site_rates = false_discovery_rates(site_p);
    for (size_t i = 0; i < events.size(); ++i) {
        events[i].rate = site_rates[i];
        if (site_rates[i] <= false_discoveries && events[i].sharing >= 0.5 &&
            large_enough(events[i].finding, steps, least_effect * median(noises)))
            findings.sites.push_back(events[i]);
    }
    const std::vector<double> device_rates = false_discovery_rates(device_p);
    for (size_t i = 0; i < unlike.size(); ++i) {
        unlike[i].rate = device_rates[i];
        if (device_rates[i] <= false_discoveries &&
            large_enough(unlike[i].finding, steps, least_effect * unlike[i].finding.noise))
            findings.devices.push_back(unlike[i]);
    }
    return findings;
}

}  // namespace ganglion::fleet::insight
