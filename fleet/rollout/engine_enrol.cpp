#include <algorithm>

#include "fleet/rollout/engine.hpp"

// Who belongs to a rollout, and to which stage. Devices lie on a circle, each where its id's
// SHA-256 puts it; a rollout begins at a point of its own, and a stage is the next stretch. So a
// share is stable and random, two rollouts begin with different devices, and a stage is one range
// of an index.

namespace ganglion::fleet {
namespace {

constexpr size_t kBatch = 5000;    ///< enrolled in one tick
constexpr size_t kMostArm = 1000;  ///< devices of each arm whose decisions are compared

}  // namespace

int64_t RolloutEngine::salt_of(int64_t rollout) {
    const std::string digest = sha256_hex("rollout " + std::to_string(rollout));
    return static_cast<int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16) >> 2);
}

int64_t RolloutEngine::position_of(int64_t rollout, int64_t place) {
    return (place - salt_of(rollout) + kCircle) % kCircle;
}

int64_t RolloutEngine::end_of(const RolloutSpec& spec, uint32_t stage) {
    const double share = spec.stages[stage].share;
    return share >= 1 ? kCircle : static_cast<int64_t>(share * static_cast<double>(kCircle));
}

bool RolloutEngine::belongs(const Live& live, const KnownDevice& device) {
    const RolloutSpec& spec = live.row.spec;
    if (!spec.application.empty() && device.application != spec.application) return false;
    if (!spec.devices.empty() && !matches(spec.devices, device.id)) return false;
    if (spec.attributes.empty()) return true;
    const Attributes has = store_.attributes(device.number);
    return std::ranges::includes(has, spec.attributes);
}

void RolloutEngine::enrol(Live& live, const KnownDevice& device, uint32_t stage, int64_t now_ms) {
    Target target{.device = device.number,
                  .stage = stage,
                  .state = device.online ? TargetState::queued : TargetState::offline,
                  .reason = "",
                  .since_ms = now_ms,
                  .attempts = 0};
    update::UpdateStatus status;
    const bool told = update::decode(
        {reinterpret_cast<const uint8_t*>(device.status.data()), device.status.size()}, status);
    if (const auto progress = progress_of(live, target, device, told ? &status : nullptr)) {
        target.state =
            progress->state == TargetState::done ? TargetState::skipped : progress->state;
        target.reason = progress->state == TargetState::done ? "has it already" : progress->reason;
    }
    store_.write(live.row.id, target);
    ++live.counts[stage][static_cast<size_t>(target.state)];
    live.changed = true;
    if (stage == live.row.stage && live.canaries < kMostArm && !is_settled(target.state)) {
        live.arms.insert_or_assign(device.number,
                                   Arm{{device.number, true, {device.total, {}}}, true});
        ++live.canaries;
    }
}

/// True while there are more.
bool RolloutEngine::enrol_some(Live& live, int64_t now_ms) {
    const int64_t end = end_of(live.row.spec, live.row.stage);
    if (live.row.cursor >= end) return false;
    const int64_t salt = salt_of(live.row.id);
    const int64_t low = (salt + live.row.cursor) % kCircle;
    const int64_t high = std::min(kCircle, low + (end - live.row.cursor));
    const auto devices = store_.devices_between(low, high, kBatch);
    for (const KnownDevice& device : devices)
        if (belongs(live, device)) enrol(live, device, live.row.stage, now_ms);
    live.row.cursor += (devices.size() < kBatch ? high : devices.back().place + 1) - low;
    live.dirty = true;
    if (live.row.cursor < end) return true;
    add_control(live);
    return false;
}

/// The devices next to the stage's on the circle: as random as those, and not yet touched.
void RolloutEngine::add_control(Live& live) {
    int64_t from = live.row.cursor;
    size_t found = 0;
    while (found < std::min(live.canaries, kMostArm) && from < kCircle) {
        const int64_t low = (salt_of(live.row.id) + from) % kCircle;
        const int64_t high = std::min(kCircle, low + (kCircle - from));
        const auto devices = store_.devices_between(low, high, kMostArm);
        for (const KnownDevice& device : devices) {
            if (!belongs(live, device) || found == std::min(live.canaries, kMostArm)) continue;
            live.arms.insert_or_assign(device.number,
                                       Arm{{device.number, false, {device.total, {}}}, true});
            ++found;
        }
        from += (devices.size() < kMostArm ? high : devices.back().place + 1) - low;
    }
}

}  // namespace ganglion::fleet
