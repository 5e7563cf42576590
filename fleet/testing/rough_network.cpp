#include "fleet/testing/rough_network.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "fleet/base/port.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr int kPollMs = 10;

sockaddr_in address_of(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, loopback, &address.sin_addr);
    return address;
}

/// False when the connection has ended.
bool forward(int from, int to) {
    std::array<char, 8192> bytes{};
    const ssize_t got = ::recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    for (ssize_t done = 0; done < got;) {
        const ssize_t sent =
            ::send(to, bytes.data() + done, static_cast<size_t>(got - done), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        done += sent;
    }
    return true;
}

}  // namespace

RoughNetwork::RoughNetwork(uint16_t to, uint64_t seed)
    : to_(to), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), random_(seed) {
    sockaddr_in address = address_of(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0)
        throw std::runtime_error("the network cannot listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

RoughNetwork::~RoughNetwork() {
    stopping_ = true;
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
    ::close(listener_);
}

void RoughNetwork::serve() {
    while (!stopping_) {
        pollfd ready{listener_, POLLIN, 0};
        if (::poll(&ready, 1, kPollMs) != 1) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = address_of(to_);
        const bool through =
            whole_ &&
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        if (!through) {
            ::close(client);
            ::close(server);
            continue;
        }
        connections_.emplace_back(
            [this, client, server, seed = random_()] { carry(client, server, seed); });
    }
}

void RoughNetwork::carry(int client, int server, uint64_t seed) const {
    std::mt19937_64 random(seed);
    bool open = true;
    while (open && whole_ && !stopping_) {
        std::array<pollfd, 2> ready{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
        if (::poll(ready.data(), ready.size(), kPollMs) <= 0) continue;
        if (random() % 4 == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
        if (!whole_) break;  // what was on its way is gone
        if (ready[0].revents != 0) open = forward(client, server);
        if (open && ready[1].revents != 0) open = forward(server, client);
    }
    ::close(client);
    ::close(server);
}

}  // namespace ganglion::fleet::testing
