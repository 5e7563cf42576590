#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "firmware/provisioning.hpp"

/// One MQTT session over TLS with the broker of the provisioning: kept up with growing pauses
/// between attempts, dropped when the cable is out. Thread mode only.
namespace ganglion::firmware::mqtt {

enum class Published { pending, delivered, failed };

/// What the owner wants to hear. Called from poll().
struct Listener {
    virtual void connected() = 0;
    virtual void disconnected() = 0;
    /// A whole message below the device's own topics; `leaf` is the topic's last word.
    virtual void message(std::string_view leaf, std::span<const uint8_t> payload) = 0;

  protected:
    ~Listener() = default;
};

/// Reads certificates and keys. False where they are not usable (see the console). `listener` and
/// what `provisioning` points to must stay.
bool start(const Provisioning& provisioning, Listener& listener);

void poll();

bool is_connected();
/// Handshakes begun since start.
uint32_t handshakes();
/// A TLS handshake is under way.
bool in_handshake();

/// Sends with quality of service 1 below the device's topics. `state` must stay until it is no
/// longer pending. False where there is no room now: try again later.
bool publish(std::string_view leaf, std::span<const uint8_t> payload, bool retain,
             Published& state);

bool subscribe(std::string_view leaf);

}  // namespace ganglion::firmware::mqtt
