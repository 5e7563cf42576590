#pragma once

#include "fleet/alert/incidents.hpp"
#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Incidents, silences, and where messages go. Both must outlive the routes.
Routes incident_routes(Incidents& incidents, AuditLog& audit);

}  // namespace ganglion::fleet
