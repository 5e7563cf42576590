#pragma once

#include "fleet/api/route.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/release/release_store.hpp"
#include "fleet/rollout/engine.hpp"

namespace ganglion::fleet {

/// Releases, their objects and the key list. All must outlive the routes.
Routes release_routes(ReleaseStore& releases, AuditLog& audit);

/// Rollouts: make, watch, pause, resume, abort. The engine logs what it does.
Routes rollout_routes(RolloutEngine& engine);

}  // namespace ganglion::fleet
