#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/testing/mqtt_swarm.hpp"

namespace ganglion::bench {

/// Devices that send events as fast as they are taken, over TLS with a certificate each, from one
/// thread, and keep each event until the store has acknowledged it: so many are under way at once,
/// and sent again where no word comes, as a gateway does.
class EventLoad {
  public:
    /// Connects them. Throws std::runtime_error where they do not get in.
    EventLoad(fleet::Pki& pki, uint16_t port, uint32_t devices);

    /// Who answers: a store, or nobody, so that all is sent at once and once.
    enum class Answers { store, nobody };
    /// Every device has so many events more, `per_message` at a time.
    void send(uint32_t events, uint32_t per_message, Answers answers);
    /// Sends what may be sent now and serves the connections for a moment.
    void run();
    bool all_acknowledged() const;

  private:
    struct Device {
        std::string topic;
        uint32_t last = 0, sent = 0, through = 0;       ///< sequences
        uint32_t seen = 0;                              ///< `through` when it was last looked at
        std::chrono::steady_clock::time_point since{};  ///< it is so
    };

    void publish_next(size_t client);

    fleet::testing::MqttSwarm swarm_;
    std::vector<Device> devices_;
    uint32_t per_message_ = 1, under_way_ = 0;
    bool resends_ = false;
};

}  // namespace ganglion::bench
