#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "fleet/store/device_state.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/totals.hpp"

namespace ganglion::fleet {

/// What scopes of single devices begin with.
inline constexpr std::string_view kDeviceScope = "device:";

void add_to(RollupRow& sum, const RollupRow& change);

/// What one event adds to the sums of its time.
RollupRow sum_of(const EventRecord& event);

/// Number of a device and the beginning of an hour.
using DeviceHours = std::map<std::pair<int64_t, int64_t>, RollupRow>;

/// Adds up what a transaction's messages mean for minutes, hours and days.
class RollupSums {
  public:
    using Key = std::tuple<std::string, int64_t, int64_t>;  // scope, span, start

    /// Something of the device's at a time: an event, or what a report's counters grew by.
    void add(const DeviceState& device, int64_t time_ms, const RollupRow& change);
    std::map<Key, RollupRow> by_scope() const;
    /// The scopes that devices share.
    std::map<Key, RollupRow> shared() const;
    /// What is of a device, by hour.
    DeviceHours by_device() const;
    void clear() {
        changes_.clear();
        last_ = changes_.end();
    }

  private:
    using Minute = std::pair<const DeviceState*, int64_t>;

    std::map<Minute, RollupRow> changes_;
    std::map<Minute, RollupRow>::iterator last_ = changes_.end();  // mostly the next one too
};

}  // namespace ganglion::fleet
