#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "fleet/coordinate/coordinator_state.hpp"
#include "fleet/coordinate/disaggregate.hpp"

// The way down: a block's part of the plan to levels for its feeders.

namespace ganglion::fleet::coordinate {
namespace {

using Stores = std::vector<const device::Store*>;

}  // namespace

// Whom nobody believes still hears its feeder's set-point, and mostly follows it; the plan does not
// rely on it.
bool Coordinator::follows(const Feeder& feeder, size_t index) {
    const Suspicion suspicion = feeder.watch.of(index);
    return feeder.members[index].ever && suspicion != Suspicion::impossible &&
           suspicion != Suspicion::silent;
}

void Coordinator::divide(const std::vector<size_t>& block, const BlockPlan& plan,
                         const std::vector<Envelope>& envelopes, uint32_t step_s, uint32_t now_s,
                         Cycle& cycle) {
    std::array<Stores, device::kStoreKinds> stores;
    Pool storage;
    Pool buffer;
    double differs = 0;
    for (const size_t f : block) {
        differs += envelopes[f].own_now - envelopes[f].own_use[0];
        const Feeder& feeder = *feeders_[f];
        storage.most += envelopes[f].storage.most;
        buffer.most += envelopes[f].buffer.most;
        for (size_t i = 0; i < feeder.members.size(); ++i) {
            if (!feeder.watch.believed(i)) continue;
            const device::Summary& summary = feeder.members[i].summary;
            for (uint32_t s = 0; s < summary.store_count; ++s)
                stores[size_t(summary.stores[s].kind)].push_back(&summary.stores[s]);
        }
    }
    std::vector<device::Levels> levels;
    const size_t steps = std::min(options_.set_point_steps, plan.task.size());
    for (size_t t = 0; t < steps; ++t) {
        if (t == 0) {
            // The plan is for the rest of the hour; storages make up for how this part differs, and
            // for what tasks and buffers that are not there yet cannot take.
            const int32_t task = level_for(stores[1], plan.task[0], step_s);
            const int32_t shift = level_for(stores[2], plan.buffer[0], step_s);
            const double lacks = plan.task[0] - power_at(stores[1], task, step_s) + plan.buffer[0] -
                                 power_at(stores[2], shift, step_s);
            levels.push_back(
                {level_for(stores[0], plan.storage[0] - differs + lacks, step_s), task, shift});
        } else {
            levels.push_back({level_of(plan.storage[t], plan.storage_content[t - 1], storage.most),
                              level_for(stores[1], plan.task[t], 3600),
                              level_of(plan.buffer[t], plan.buffer_content[t - 1], buffer.most)});
        }
    }
    for (const size_t f : block) {
        cycle.orders[f].levels = levels;
        keep_limit(f, envelopes[f], step_s, now_s, cycle);
    }
}

// A feeder that would be beyond its limit has its levels scaled until it is not.
void Coordinator::keep_limit(size_t index, const Envelope& envelope, uint32_t step_s,
                             uint32_t now_s, Cycle& cycle) {
    Feeder& feeder = *feeders_[index];
    FeederOrder& order = cycle.orders[index];
    const double unsteered = envelope.own_now;
    const auto power = [&](const device::Levels& levels) {
        double sum = unsteered;
        for (size_t i = 0; i < feeder.members.size(); ++i)
            if (follows(feeder, i)) sum += member_power(feeder.members[i], levels, step_s);
        return sum;
    };
    device::Levels& now = order.levels[0];
    double expected = power(now);
    const bool over = expected > envelope.most_taken;
    if (over || expected < -envelope.most_given) {
        const device::Levels wanted = now;
        double low = 0;
        double high = 1;
        const auto scaled = [&](double share) {
            device::Levels levels = wanted;
            for (int32_t& level : levels)
                if ((level > 0) == over) level = static_cast<int32_t>(level * share);
            return levels;
        };
        for (int round = 0; round < 12; ++round) {
            const double middle = (low + high) / 2;
            const double at = power(scaled(middle));
            (at > envelope.most_taken || at < -envelope.most_given ? high : low) = middle;
        }
        now = scaled(low);
        cycle.decisions.push_back(
            {"limit", places_[index].id,
             fmt::format("{:.1f} kW would be beyond {:.1f} kW less its margin; levels at {:.0f} %",
                         expected / 1000,
                         (over ? places_[index].most_taken : places_[index].most_given) / 1000,
                         100 * low),
             index, std::nullopt});
        expected = power(now);
    }
    order.expected = expected;
    const bool holds = now_s < feeder.sent_s + options_.valid_s / 2;
    const double off = feeder.order.levels.empty() ? 0 : std::abs(expected - power(feeder.levels));
    order.changed = !holds || feeder.moved || feeder.order.levels.empty() ||
                    off > options_.least_change * places_[index].most_taken;
    if (order.changed) {
        order.sequence = feeder.sent_s = now_s;
    } else {
        order.sequence = feeder.order.sequence;
        now = feeder.levels;
    }
    feeder.levels = now;
    expect(feeder, unsteered, step_s);
    feeder.order = order;
}

// What it should carry in this cycle at the levels in force.
void Coordinator::expect(Feeder& feeder, double unsteered, uint32_t step_s) const {
    feeder.expected = unsteered;
    for (size_t i = 0; i < feeder.members.size(); ++i) {
        Member& member = feeder.members[i];
        member.expected = follows(feeder, i) ? member_power(member, feeder.levels, step_s) : 0;
        feeder.expected += member.expected;
    }
}

}  // namespace ganglion::fleet::coordinate
