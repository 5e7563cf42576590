#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {

/// Text of mosquitto.conf (mosquitto.conf(5)): one TLS 1.2 listener on loopback that admits
/// certificates of this fleet alone and takes user name and client id from them, so that no client
/// can speak as another.
std::string broker_configuration(const Pki& pki, const std::filesystem::path& acl_file,
                                 uint16_t port);

/// Text of the access list: a device writes and reads its own topics alone, the server reads all
/// and acknowledges.
std::string broker_access_list();

/// The line of mosquitto's log that says why it could not start; empty when there is none.
std::string first_error(const std::string& broker_log);

}  // namespace ganglion::fleet
