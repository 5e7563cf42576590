#pragma once

#include "fleet/store/postgres.hpp"
#include "fleet/store/totals.hpp"

namespace ganglion::fleet {

/// Adds to what versions come to, inside a transaction that has the pen.
void write_versions(PgConnection& connection, const VersionChanges& changes);

}  // namespace ganglion::fleet
