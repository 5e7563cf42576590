#include "fleet/broker/broker_config.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include "fleet/base/port.hpp"

namespace ganglion::fleet {
namespace {

/// Far more than the largest message of the protocol (a gate chunk); keeps a hostile client from
/// filling memory.
constexpr int kMaxPacketBytes = 64 * 1024;
/// For one client: what a whole fleet has said last must wait for a server that begins anew.
constexpr int kMaxQueuedMessages = 1'000'000;
constexpr int kMaxQueuedBytes = 256 << 20;

constexpr std::array<const char*, 9> kDeviceChannels{"event", "status",  "report", "gate", "update",
                                                     "want",  "summary", "share",  "begin"};
constexpr std::array<const char*, 8> kServerChannels{"ack",  "offer",    "piece",  "undo",
                                                     "keys", "setpoint", "forget", "prior"};

/// A device's own topics, which are named by its certificate.
std::string device_patterns() {
    std::ostringstream out;
    for (const char* channel : kDeviceChannels)
        out << "pattern write ganglion/1/%u/" << channel << '\n';
    for (const char* channel : kServerChannels)
        out << "pattern read ganglion/1/%u/" << channel << '\n';
    return out.str();
}

}  // namespace

std::string broker_configuration(const BrokerSetup& setup, const std::filesystem::path& acl_file,
                                 uint16_t port) {
    std::ostringstream out;
    // Started as root, mosquitto would become another user, who cannot read the keys.
    const passwd* const user = setup.is_elsewhere ? nullptr : ::getpwuid(::geteuid());
    if (user != nullptr) out << "user " << user->pw_name << '\n';
    // Nothing is kept on disk here: events live in the devices' outboxes until the store has them,
    // raw samples from the gate must not lie around, and "online" from before a crash would be a
    // lie.
    out << "persistence false\n"
        << "per_listener_settings false\n"
        << "allow_anonymous false\n"
        << "acl_file " << acl_file.string() << '\n'
        << "max_packet_size " << kMaxPacketBytes << '\n'
        << "max_queued_messages " << kMaxQueuedMessages << '\n'
        << "max_queued_bytes " << kMaxQueuedBytes << '\n'
        << "sys_interval 0\n"
        << "set_tcp_nodelay true\n"
        << "log_dest stderr\n"
        << "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
        << "connection_messages false\n"
        << "listener " << port << (setup.is_elsewhere ? "" : std::string(" ") + loopback) << '\n'
        << "cafile " << setup.ca_file.string() << '\n'
        << "certfile " << setup.certificate_file.string() << '\n'
        << "keyfile " << setup.key_file.string() << '\n'
        << "crlfile " << setup.revocation_file.string() << '\n'
        << "tls_version tlsv1.2\n"  // the oldest one accepted
        << "require_certificate true\n"
        << "use_identity_as_username true\n"
        << "use_username_as_clientid true\n";
    return out.str();
}

std::span<const char* const> device_channels() {
    return kDeviceChannels;
}

std::span<const char* const> server_channels() {
    return kServerChannels;
}

BrokerSetup broker_setup(const Pki& pki) {
    return {pki.ca_file(), pki.certificate_file("broker"), pki.key_file("broker"),
            pki.revocation_file(), shared_access_list({})};
}

std::string shared_access_list(const std::vector<std::string>& further_servers) {
    std::ostringstream out;
    std::vector<std::string> servers{Pki::server_id};
    servers.insert(servers.end(), further_servers.begin(), further_servers.end());
    for (const std::string& server : servers)
        out << "user " << server << '\n'
            << "topic read ganglion/1/#\n"
            << "topic write ganglion/1/+/ack\n"
            << "topic write ganglion/1/+/forget\n\n";
    out << "user " << Pki::updates_id << '\n';
    for (const char* channel : {"status", "update", "want"})
        out << "topic read ganglion/1/+/" << channel << '\n';
    for (const char* channel : {"offer", "piece", "undo", "keys"})
        out << "topic write ganglion/1/+/" << channel << '\n';
    out << '\n';
    out << "user " << Pki::coordinator_id << '\n'
        << "topic read ganglion/1/+/summary\n"
        << "topic write ganglion/1/+/setpoint\n\n";
    out << "user " << Pki::together_id << '\n'
        << "topic read ganglion/1/+/share\n"
        << "topic read ganglion/1/+/begin\n"
        << "topic write ganglion/1/+/prior\n\n";
    return out.str() + device_patterns();
}

std::string edge_access_list(const std::string& edge) {
    std::ostringstream out;
    out << "user " << edge << '\n';
    for (const char* channel : kDeviceChannels)
        out << "topic read ganglion/1/+/" << channel << '\n';
    for (const char* channel : kServerChannels)
        out << "topic write ganglion/1/+/" << channel << '\n';
    return out.str() + '\n' + device_patterns();
}

std::string first_error(const std::string& broker_log) {
    constexpr std::string_view mark = "Error: ";
    std::istringstream lines(broker_log);
    for (std::string line; std::getline(lines, line);) {
        const size_t at = line.find(mark);
        if (at != std::string::npos) return line.substr(at + mark.size());
    }
    return {};
}

}  // namespace ganglion::fleet
