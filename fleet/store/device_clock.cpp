#include "fleet/store/device_clock.hpp"

#include <algorithm>

namespace ganglion::fleet {
namespace {

/// How much a device clock may lag per millisecond (1/1000) before a late message counts as delayed
/// rather than the clock as slow: far worse than any crystal.
constexpr int64_t kDriftDivisor = 1000;
/// What is less is a matter of one message, not of the clock.
constexpr int64_t kLeastJumpMs = 1000;
/// Of a boot; then the two oldest are taken for one, which leaves their events less certain.
constexpr size_t kMostJumps = 8;

void add_jump(BootState& boot, const ClockJump& jump) {
    boot.jumps.push_back(jump);
    if (boot.jumps.size() <= kMostJumps) return;
    boot.jumps[1].ahead_ms += boot.jumps[0].ahead_ms;
    boot.jumps.erase(boot.jumps.begin());
}

}  // namespace

ClockNote note_clock(BootState& boot, int64_t received_ms, uint64_t clock_ms) {
    ClockNote note{.received_ms = received_ms, .clock_ms = static_cast<int64_t>(clock_ms)};
    const int64_t offset = received_ms - note.clock_ms;
    int64_t smallest = offset;
    if (boot.offset_ms) {
        const int64_t elapsed = std::max<int64_t>(0, received_ms - boot.offset_at_ms);
        const int64_t drift = elapsed / kDriftDivisor;
        smallest = std::min(offset, *boot.offset_ms + drift);
        const int64_t hurry = *boot.offset_ms - offset;
        if (hurry > drift) note.hurry_ms = hurry + drift;  // as far as it may have been slow before
    }
    if (note.hurry_ms >= kLeastJumpMs) {
        add_jump(boot, {note.clock_ms, note.hurry_ms});
        note.hurry_ms = 0;
        note.has_jumped = true;
    }
    note.delay_ms = offset - smallest;
    boot.offset_ms = smallest;
    boot.offset_at_ms = received_ms;
    boot.heard_ms = std::max(boot.heard_ms, received_ms);
    return note;
}

EventTime time_of(const BootState& boot, const ClockNote& message, uint64_t event_clock_ms) {
    const auto clock_ms = static_cast<int64_t>(event_clock_ms);
    const int64_t age_ms = std::max<int64_t>(0, message.clock_ms - clock_ms);
    int64_t too_old_ms = message.hurry_ms;
    for (const ClockJump& jump : boot.jumps) {
        // A message that was sent before a jump, and overtaken, knows nothing of it.
        if (message.clock_ms < jump.clock_ms) continue;
        too_old_ms += std::clamp<int64_t>(jump.clock_ms - clock_ms, 0, jump.ahead_ms);
    }
    too_old_ms = std::min(too_old_ms, age_ms);
    return {std::max<int64_t>(0, message.received_ms - age_ms + too_old_ms),
            message.delay_ms + too_old_ms};
}

}  // namespace ganglion::fleet
