#pragma once

#include "fleet/access/rate_limit.hpp"
#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/enrol/enrolment.hpp"

namespace ganglion::fleet {

/// Claims, certificates and revocation for operators; enrolment and renewal for devices, which have
/// no token: their proofs are checked, and how often they may try. All must outlive the routes.
Routes enrol_routes(Enrolment& enrolment, AuditLog& audit, RateLimit& attempts);

}  // namespace ganglion::fleet
