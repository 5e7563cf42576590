#pragma once

#include "fleet/api/route.hpp"
#include "fleet/together/together_service.hpp"

namespace ganglion::fleet {

/// What classes of devices have learned together, and which may (docs/coordination.md).
Routes together_routes(TogetherService& service);

}  // namespace ganglion::fleet
