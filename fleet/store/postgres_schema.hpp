#pragma once

#include <cstdint>
#include <string>

#include "fleet/store/postgres.hpp"

namespace ganglion::fleet {

enum class PgUse { read, write };

/// What each connection begins with: the schema, and that a commit is on the disk when
/// it returns.
std::string pg_set_up(PgUse use, const std::string& schema = "ganglion");

/// Makes the schema and its tables where there are none, and brings those of an earlier version to
/// this one; several servers may do it at once. Throws StoreError when they are of a later version.
void prepare_schema(PgConnection& connection, const std::string& name = "ganglion");

/// Counts what `meta` says of the whole fleet and `versions`, still empty, of each; inside a
/// transaction that has the pen.
void count_totals(PgConnection& connection);

/// Makes the part of `events` for the day of this time, inside a transaction that has the pen.
void make_partition(PgConnection& connection, int64_t received_ms);

}  // namespace ganglion::fleet
