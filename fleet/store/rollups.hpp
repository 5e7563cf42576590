#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fleet/store/device_states.hpp"
#include "fleet/store/records.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Adds up what a transaction's messages mean for minutes, hours and days, and writes it at its
/// end.
class Rollups {
  public:
    explicit Rollups(Database& database);

    /// Something of the device's at a time: an event, or what a report's counters grew by.
    void add(const DeviceState& device, int64_t time_ms, const RollupRow& change);
    void write_back();
    void forget() { changes_.clear(); }

  private:
    using Minute = std::pair<const DeviceState*, int64_t>;
    using Key = std::tuple<std::string, int64_t, int64_t>;  // scope, span, start

    std::map<Key, RollupRow> by_scope() const;

    Statement read_, write_;
    std::map<Minute, RollupRow> changes_;
};

std::vector<RollupRow> read_rollups(Database& database, const RollupQuery& query);
std::map<std::string, std::vector<RollupRow>> read_device_rollups(Database& database,
                                                                  const RollupQuery& query);

}  // namespace ganglion::fleet
