#pragma once

#include <string>

#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet::testing {

/// How a device connects to the broker at this port of this machine; its identity is made where
/// there is none.
inline MqttConfig device_mqtt(Pki& pki, const std::string& id, uint16_t port) {
    pki.issue_device(id);
    MqttConfig config;
    config.port = port;
    config.id = id;
    config.ca_file = pki.ca_file();
    config.certificate_file = pki.certificate_file("devices/" + id);
    config.key_file = pki.key_file("devices/" + id);
    return config;
}

}  // namespace ganglion::fleet::testing
