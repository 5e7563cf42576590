#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/testing/mqtt_swarm.hpp"

namespace ganglion::bench {

/// Devices that send events as fast as the broker takes them, over TLS with a certificate each,
/// from one thread, and keep each event until the store has acknowledged it.
class EventLoad {
  public:
    /// Connects them. Throws std::runtime_error where they do not get in.
    EventLoad(fleet::Pki& pki, uint16_t port, uint32_t devices);

    /// Every device sends so many events more, `per_message` at a time.
    void send(uint32_t events, uint32_t per_message);
    /// Serves the connections for a moment.
    void run() { swarm_.run(std::chrono::milliseconds(2)); }
    /// Sends again what is not acknowledged.
    void send_again();
    bool all_acknowledged() const;

  private:
    struct Device {
        std::string topic;
        uint32_t sent = 0, through = 0;  ///< sequences
    };

    void publish(size_t client, uint32_t first, uint32_t last);

    fleet::testing::MqttSwarm swarm_;
    std::vector<Device> devices_;
    uint32_t per_message_ = 1;
};

}  // namespace ganglion::bench
