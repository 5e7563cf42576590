#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// A device's clock was ahead of where it should have been by so much when it said `clock_ms`.
struct ClockJump {
    int64_t clock_ms = 0;
    int64_t ahead_ms = 0;
};

/// A row of `boots`, as far as writing needs it.
struct BootState {
    std::optional<int64_t> offset_ms;
    int64_t offset_at_ms = 0;
    int64_t heard_ms = 0;
    std::vector<ClockJump> jumps;  ///< oldest first
    uint32_t through = 0, ahead = 0;
    uint64_t inferences = 0, bytes_sensed = 0, bytes_sent = 0, bytes_gate = 0;
    uint64_t gate_openings = 0, overruns = 0, events_lost = 0;
    bool changed = false;
    bool stored = false;    ///< the store has a row of it
    bool reported = false;  ///< its counters have changed
};

/// A row of `devices`, as far as writing needs it.
struct DeviceState {
    std::string id;
    int64_t number = 0;
    int64_t last_seen_ms = 0;
    uint32_t boot = 0;
    std::string application, bundle_version;
    uint32_t instructions = 0;  ///< the most that was seen
    bool online = false, has_fault = false;
    Attributes attributes;
    uint64_t new_events = 0, new_rejected = 0;
    bool changed = false;
    std::map<uint32_t, BootState> boots;
};

/// The digest as 16 hexadecimal digits, where the status has one.
std::optional<std::string> digest_text(const StatusRecord& status);
/// The fault that the status tells of, empty where a device that decides tells of none; nothing
/// where the status says nothing about it (a last will).
std::optional<std::string> fault_told(const StatusRecord& status);

/// When the device was last heard in an earlier boot of those that are at hand; 0 where in none.
int64_t heard_at_hand(const DeviceState& device, uint32_t boot);

}  // namespace ganglion::fleet
