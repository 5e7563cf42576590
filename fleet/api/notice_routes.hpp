#pragma once

#include "fleet/alert/incidents.hpp"
#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Which decisions are alarms, where messages about incidents go, and what none are sent about.
/// Both must outlive the routes.
Routes notice_routes(Incidents& incidents, AuditLog& audit);

}  // namespace ganglion::fleet
