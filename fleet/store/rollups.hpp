#pragma once

#include <map>
#include <string>
#include <vector>

#include "fleet/store/records.hpp"
#include "fleet/store/rollup_sums.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// The table of sums in SQLite.
class Rollups {
  public:
    explicit Rollups(Database& database);

    /// Adds the sums to what is there.
    void write(const RollupSums& sums);

  private:
    Statement read_, write_;
};

std::vector<RollupRow> read_rollups(Database& database, const RollupQuery& query);
std::map<std::string, std::vector<RollupRow>> read_device_rollups(Database& database,
                                                                  const RollupQuery& query);

}  // namespace ganglion::fleet
