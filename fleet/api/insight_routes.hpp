#pragma once

#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// What devices share, rollups over time, and what the fleet's memory says as a whole.
Routes insight_routes(Store& store, AuditLog& audit);

}  // namespace ganglion::fleet
