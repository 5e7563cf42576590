#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// Whether a query is for the minutes of one device. Nobody keeps those as sums: they are added up
/// from the device's events when somebody asks, so that storing pays nothing for them.
bool is_for_device_minutes(const RollupQuery& query);
/// The device that a query of one device is about.
std::string device_of(const RollupQuery& query);

/// Adds up a device's events by the minute. They come in any order; of them those that arrived
/// before the query's beginning cannot have happened in its time and need not come.
class DeviceMinutes {
  public:
    explicit DeviceMinutes(const RollupQuery& query) : query_(query) {}

    void add(const std::vector<StoredEvent>& events);
    std::vector<RollupRow> take() const;  ///< oldest first

  private:
    const RollupQuery& query_;
    std::map<int64_t, RollupRow> minutes_;
};

}  // namespace ganglion::fleet
