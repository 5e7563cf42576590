#pragma once

#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet {

/// Ends a device's live connection: a client of the same name takes its place (MQTT 3.1.1,
/// section 3.1.4), says that the device is offline, and goes. Do this after the broker has read the
/// revocation list, so that the device does not come back. False where the broker does not let us
/// in within some seconds.
bool evict(const MqttConfig& as_device);

}  // namespace ganglion::fleet
