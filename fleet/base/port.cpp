#include "fleet/base/port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <string>

#include "fleet/base/files.hpp"

namespace ganglion::fleet {
namespace {

/// Binds for a moment, without listening: a client that keeps trying must not find us. Returns the
/// port, or 0 when another program listens there.
uint16_t try_port(uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return 0;
    // As servers do: connections of a former server that are still closing must not count as taken.
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, loopback, &address.sin_addr);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound =
        ::bind(listener, generic, size) == 0 && ::getsockname(listener, generic, &size) == 0;
    ::close(listener);
    return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

bool port_is_free(uint16_t port) {
    return try_port(port) == port;
}

uint16_t pick_free_port() {
    const uint16_t port = try_port(0);
    if (port == 0) throw std::runtime_error("no free TCP port on 127.0.0.1");
    return port;
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
