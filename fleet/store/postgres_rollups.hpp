#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/store/postgres.hpp"
#include "fleet/store/rollup_sums.hpp"

namespace ganglion::fleet {

/// What devices' sums grew by, as bytes for `rollup_changes`, which has one row a transaction.
std::string pack_changes(const DeviceHours& changes);
/// Adds all, or what is of the device with this number. Throws StoreError where the bytes are not
/// of pack_changes().
void add_packed(DeviceHours& sums, std::string_view bytes, std::optional<int64_t> only = {});

/// Adds the sums to `rollups`.
void write_rollups(PgConnection& connection, const std::map<RollupSums::Key, RollupRow>& sums);

/// What is in `rollup_changes`: of all devices or one, and not in `rollups` yet.
DeviceHours read_changes(PgConnection& connection, std::optional<int64_t> only = {});
/// Moves it there. Inside a transaction that has the pen.
void fold_changes(PgConnection& connection);

/// All that there is of scopes: `rollups` and, of devices, what is not in there yet.
std::vector<RollupRow> read_rollups(PgConnection& connection, const RollupQuery& query);
std::map<std::string, std::vector<RollupRow>> read_device_rollups(PgConnection& connection,
                                                                  const RollupQuery& query);

}  // namespace ganglion::fleet
