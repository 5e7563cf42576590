#pragma once

#include <functional>
#include <memory>

#include "fleet/server/lease.hpp"
#include "fleet/server/server.hpp"

namespace ganglion::fleet {

/// Waits until this server is the one with the authority among those that may be: they have the
/// same state folder, on storage that all of them reach, and the same PostgreSQL. Then the server
/// may start, and runs as long as the lease is there. A server that loses it ends at once, as
/// killed: the next one may have begun. Null where `give_up` says so before. Throws
/// std::runtime_error with one line where the folder has no authority yet or the store is not
/// shared.
std::unique_ptr<Lease> stand_by(const ServerConfig& config, const std::function<bool()>& give_up);

}  // namespace ganglion::fleet
