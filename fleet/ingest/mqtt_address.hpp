#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::fleet {

/// Where an MQTT broker listens, with TLS.
struct MqttAddress {
    std::string host;
    uint16_t port = 0;
};

/// Whether this names brokers: "mqtts://...".
bool is_mqtt_url(const std::string& text);

/// "mqtts://a:8883,b:8883": any of them that answers. Throws std::runtime_error where it is no list
/// of hosts and ports.
std::vector<MqttAddress> mqtt_addresses(const std::string& url);

}  // namespace ganglion::fleet
