#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {

/// Whom a broker admits, as whom it speaks, and who may say what.
struct BrokerSetup {
    std::filesystem::path ca_file, certificate_file, key_file, revocation_file;
    std::string access_list;  ///< text of mosquitto's acl_file
    /// On a machine of its own: listens on every address, and the files are beside its
    /// configuration. Else on loopback, as this process' user.
    bool is_elsewhere = false;
};

/// Of a broker beside its server: a device writes and reads its own topics alone, the server reads
/// all and acknowledges.
BrokerSetup broker_setup(const Pki& pki);

/// The same of a broker that servers share: the one with the authority and these beside it, by the
/// names of their certificates.
std::string shared_access_list(const std::vector<std::string>& further_servers);

/// What devices say, and what they are told: the last level of their topics.
std::span<const char* const> device_channels();
std::span<const char* const> server_channels();

/// Text of the access list of a broker at an edge: devices as everywhere; `edge` carries all that
/// they say and are told.
std::string edge_access_list(const std::string& edge);

/// Text of mosquitto.conf (mosquitto.conf(5)): one TLS 1.2 listener that admits certificates of
/// this fleet alone and takes user name and client id from them, so that no client can speak as
/// another.
std::string broker_configuration(const BrokerSetup& setup, const std::filesystem::path& acl_file,
                                 uint16_t port);

/// The line of mosquitto's log that says why it could not start; empty when there is none.
std::string first_error(const std::string& broker_log);

}  // namespace ganglion::fleet
