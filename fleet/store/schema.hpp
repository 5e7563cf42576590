#pragma once

#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Makes the tables where there are none and sets the connection's durability: write-ahead log,
/// synchronised at every commit. Throws StoreError when the file is of a later version.
void prepare_schema(Database& database);

}  // namespace ganglion::fleet
