#pragma once

#include <functional>

#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Told what an operator has written down of a device, once the store has it.
using AttributesSaid = std::function<void(const std::string& device, const Attributes&)>;

/// What devices share, rollups over time, and what the fleet's memory says as a whole.
Routes insight_routes(Store& store, AuditLog& audit, AttributesSaid said = {});

}  // namespace ganglion::fleet
