#pragma once

#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/privacy/ledger.hpp"

namespace ganglion::fleet {

/// What left each device on each day, budgets, and the signed export. All must outlive the routes.
Routes privacy_routes(PrivacyLedger& ledger, const Pki& pki, AuditLog& audit);

}  // namespace ganglion::fleet
