#pragma once

#include "fleet/api/route.hpp"
#include "fleet/coordinate/coordination_service.hpp"

namespace ganglion::fleet {

/// What the coordinator does and why, and how it is set up (docs/coordination.md).
Routes coordination_routes(CoordinationService& service);

}  // namespace ganglion::fleet
