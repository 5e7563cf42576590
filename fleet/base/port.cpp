#include "fleet/base/port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <random>
#include <stdexcept>
#include <string>

#include "fleet/base/files.hpp"

namespace ganglion::fleet {
namespace {

/// Ports are picked below the range that Linux gives to outgoing connections (32768 and up,
/// ip_local_port_range): one from that range can be taken by a client before its server listens, or
/// while it is restarted.
constexpr uint32_t kFirstPicked = 10000, kPickedPorts = 22000;

}  // namespace

bool port_is_free(uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return false;
    // As servers do: connections of a former server that are still closing must not count as taken.
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, loopback, &address.sin_addr);
    // Bound for a moment, without listening: a client that keeps trying must not find us.
    const bool bound =
        ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(listener);
    return bound;
}

uint16_t pick_free_port() {
    static std::atomic<uint32_t> next{std::random_device{}()};
    for (uint32_t tried = 0; tried < kPickedPorts; ++tried) {
        const auto port = static_cast<uint16_t>(kFirstPicked + next++ % kPickedPorts);
        if (port_is_free(port)) return port;
    }
    throw std::runtime_error("no free TCP port on 127.0.0.1");
}

uint16_t asked_or_kept_port(uint16_t asked, const std::filesystem::path& file) {
    if (asked != 0) return asked;
    uint16_t port = 0;
    if (std::filesystem::exists(file)) {
        const std::string text = read_file(file);
        std::from_chars(text.data(), text.data() + text.size(), port);
    }
    return port != 0 ? port : pick_free_port();
}

}  // namespace ganglion::fleet
