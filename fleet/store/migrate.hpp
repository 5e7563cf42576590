#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ganglion::fleet {

struct MigratedTable {
    std::string name;
    uint64_t rows = 0;
};

/// Copies "fleet.db" of a state folder into a PostgreSQL database that holds no fleet yet: all of
/// it or nothing, in one transaction, and only where PostgreSQL then counts as many rows of each
/// table and the same totals as SQLite. Ids stay, so that followers go on where they were. The
/// folder's server must be stopped; the folder is not changed and stays as it was. Throws
/// std::runtime_error (StoreError) with one line. `progress` hears of each table.
std::vector<MigratedTable> migrate_to_postgres(
    const std::filesystem::path& state_dir, const std::string& uri,
    const std::function<void(const MigratedTable&)>& progress);

}  // namespace ganglion::fleet
