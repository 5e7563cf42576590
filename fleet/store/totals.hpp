#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace ganglion::fleet {

/// A sum of counters stays there; two of them fit a store's number.
inline constexpr uint64_t kMostSum = (uint64_t{1} << 62) - 1;

/// What devices say of themselves may be a lie, and a sum that no number holds would stop the
/// store.
inline void grow(uint64_t& sum, uint64_t by) {
    sum = std::min(sum + std::min(by, kMostSum), kMostSum);
}

/// By how much a transaction changes what the whole fleet comes to. A store keeps the totals in one
/// row, so that a summary of any number of devices is read at once.
struct Totals {
    int64_t devices = 0, online = 0, events = 0;
    uint64_t bytes_sensed = 0, bytes_sent = 0, bytes_gate = 0, gate_openings = 0, inferences = 0;
};

/// By how much it changes what a version of an application comes to; of what that costs a device
/// the most that was said.
struct VersionChange {
    int64_t devices = 0, online = 0, faults = 0;
    uint32_t ram_bytes = 0, flash_bytes = 0, instructions = 0;
};

/// By application and version.
using VersionChanges = std::map<std::pair<std::string, std::string>, VersionChange>;

}  // namespace ganglion::fleet
