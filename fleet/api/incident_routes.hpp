#pragma once

#include "fleet/alert/incidents.hpp"
#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Incidents and the notices about them (notice_routes.hpp). Both must outlive the routes.
Routes incident_routes(Incidents& incidents, AuditLog& audit);

}  // namespace ganglion::fleet
