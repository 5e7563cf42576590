#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fleet/coordinate/coordinator_state.hpp"
#include "fleet/coordinate/disaggregate.hpp"

// Between two plans: the region is held to its schedule by what its feeders measured.

namespace ganglion::fleet::coordinate {
namespace {

constexpr double kMega = 1e6;
constexpr double kEnough = 0.8;  ///< of what is to be trimmed: no further feeder is told

}  // namespace

void Coordinator::trim(const std::vector<Envelope>& envelopes, uint32_t now_s, Cycle& cycle) {
    const uint32_t step_s = options_.cycle_s;
    double expected = 0;
    for (size_t f = 0; f < feeders_.size(); ++f) {
        Feeder& feeder = *feeders_[f];
        expect(feeder, envelopes[f].own_now, step_s);
        expected += feeder.expected;
        const double measured = cycle.orders[f].measured;
        cycle.orders[f] = feeder.order;
        cycle.orders[f].measured = measured;
        cycle.orders[f].expected = feeder.expected;
        cycle.orders[f].changed = false;
    }
    // What was too much since the quarter hour began is made up for within it.
    const uint32_t left = (options_.plan_s - now_s % options_.plan_s) / step_s;
    const double wanted = plan_.demand.front() - carried_ / std::max(1U, left);
    const double lacks = wanted - expected;
    if (std::abs(lacks) < options_.trims_from * std::abs(plan_.demand.front())) return;

    std::vector<const device::Store*> storages;
    std::vector<size_t> told;
    double now = 0;
    const size_t part = std::max<size_t>(1, feeders_.size() / options_.trim_parts);
    int32_t level = 0;
    while (told.size() < feeders_.size()) {
        for (size_t i = 0; i < part && told.size() < feeders_.size(); ++i) {
            const size_t f = next_trim_;
            next_trim_ = (next_trim_ + 1) % feeders_.size();
            told.push_back(f);
            const Feeder& feeder = *feeders_[f];
            for (size_t m = 0; m < feeder.members.size(); ++m) {
                if (!feeder.watch.believed(m)) continue;
                const device::Summary& summary = feeder.members[m].summary;
                for (uint32_t s = 0; s < summary.store_count; ++s) {
                    const device::Store& store = summary.stores[s];
                    if (store.kind != device::StoreKind::storage) continue;
                    storages.push_back(&store);
                    now += mean_response(store, feeder.levels[0], step_s);
                }
            }
        }
        level = level_for(storages, now + lacks, step_s);
        if (std::abs(power_at(storages, level, step_s) - now) >= kEnough * std::abs(lacks)) break;
    }
    for (const size_t f : told) {
        cycle.orders[f].levels.front()[0] = level;
        keep_limit(f, envelopes[f], step_s, now_s, cycle);
    }
    cycle.decisions.push_back(
        {"trim", "region",
         fmt::format(
             "{:.3f} MW {} than planned; the storages of {} make up for it",
             std::abs(lacks) / kMega, lacks < 0 ? "more" : "less",
             told.size() == 1 ? places_[told.front()].id : fmt::format("{} feeders", told.size())),
         0, std::nullopt});
}

}  // namespace ganglion::fleet::coordinate
