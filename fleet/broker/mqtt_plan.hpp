#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {

/// A broker on a machine of its own, or a cluster of brokers under one name, and the servers that
/// share what it carries beside the one with the authority.
struct MqttPlan {
    std::string host;  ///< by which servers and devices reach it
    uint16_t port = 8883;
    std::vector<std::string> servers;
};

/// Makes all that they need, from the fleet's authority; what exists keeps its keys, so that a plan
/// may be made again with more in it:
///   broker/          mosquitto.conf, access list, certificates: for a mosquitto started there
///   server-<name>/   for `ganglion serve --identity`
/// Throws std::runtime_error.
void write_mqtt_plan(Pki& pki, const MqttPlan& plan, const std::filesystem::path& directory);

/// The name of the group that shares what devices say, of the fleet with this folder of its
/// authority; made where there is none. Servers alone know it: mosquitto's access list does not
/// hold back who joins a group, and whoever did would take its share of the messages without being
/// shown them.
std::string share_group(const std::filesystem::path& pki_directory);

/// The file with it, in that folder and in a further server's.
inline constexpr const char* kShareGroupFile = "share-group";

/// What the broker writes into its folder.
inline constexpr const char* kBrokerPidFile = "mosquitto.pid";
inline constexpr const char* kBrokerLogFile = "mosquitto.log";

}  // namespace ganglion::fleet
