#pragma once

#include <cstdint>

#include "fleet/store/device_state.hpp"

namespace ganglion::fleet {

/// What the time of arrival of a message says of its device's clock, ms.
struct ClockNote {
    int64_t received_ms = 0;
    int64_t clock_ms = 0;  ///< the device's when it sent the message
    /// It was slower than the fastest one of late: held up on its way, so its events may be that
    /// much older than they seem.
    int64_t delay_ms = 0;
    /// It was faster than any, by no more than messages differ: its events may be that much younger
    /// than they seem.
    int64_t hurry_ms = 0;
    /// It was faster than that, so that the boot has another jump now: the clock has jumped ahead
    /// (or all messages before were held up).
    bool has_jumped = false;
};

/// Compares the device's clock with the time of arrival, and keeps what that shows in the boot.
ClockNote note_clock(BootState& boot, int64_t received_ms, uint64_t clock_ms);

/// When an event happened: at the earliest `uncertainty_ms` before `time_ms`.
struct EventTime {
    int64_t time_ms = 0;
    int64_t uncertainty_ms = 0;
};

/// Of an event that comes with this message of the same boot. One from before a jump seems older
/// than it is by the jump; whether it is from before is known only as far as its clock says.
EventTime time_of(const BootState& boot, const ClockNote& message, uint64_t event_clock_ms);

}  // namespace ganglion::fleet
