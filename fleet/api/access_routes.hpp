#pragma once

#include "fleet/access/access.hpp"
#include "fleet/access/rate_limit.hpp"
#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Logging in and out, operators, tokens, the audit log. All must outlive the routes. What changes
/// something is in the audit log before it happens.
Routes access_routes(Access& access, AuditLog& audit, RateLimit& log_ins,
                     const std::filesystem::path& audit_file);

}  // namespace ganglion::fleet
