#pragma once

#include "fleet/api/event_stream.hpp"
#include "fleet/api/route.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Reading the fleet: summary, devices, events, gaps, gate, the live stream. Both must outlive the
/// routes.
Routes fleet_routes(Store& store, EventStream& stream);

}  // namespace ganglion::fleet
