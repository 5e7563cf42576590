#pragma once

#include <functional>
#include <string>

#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Tells a device to forget what it has learned; false where it is not online.
using TellToForget = std::function<bool(const std::string& device)>;

/// POST /api/devices/{id}/forget. All must outlive the routes.
Routes forget_route(TellToForget tell, AuditLog& audit);

}  // namespace ganglion::fleet
