#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "fleet/store/device_state.hpp"
#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// What scopes of single devices begin with.
inline constexpr std::string_view kDeviceScope = "device:";

/// A sum of counters stays there; two of them fit a store's number.
inline constexpr uint64_t kMostSum = (uint64_t{1} << 62) - 1;

void add_to(RollupRow& sum, const RollupRow& change);

/// Adds up what a transaction's messages mean for minutes, hours and days.
class RollupSums {
  public:
    using Key = std::tuple<std::string, int64_t, int64_t>;  // scope, span, start

    /// Something of the device's at a time: an event, or what a report's counters grew by.
    void add(const DeviceState& device, int64_t time_ms, const RollupRow& change);
    std::map<Key, RollupRow> by_scope() const;
    void clear() { changes_.clear(); }

  private:
    using Minute = std::pair<const DeviceState*, int64_t>;

    std::map<Minute, RollupRow> changes_;
};

}  // namespace ganglion::fleet
