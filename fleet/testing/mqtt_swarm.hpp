#pragma once

#include <mosquitto.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet::testing {

/// Thousands of connections to a broker from one thread: libmosquitto's clients with TLS and a
/// certificate each, on one epoll. A connection that is lost comes back by itself. MQTT 3.1.1, QoS
/// 1, clean session.
class MqttSwarm {
  public:
    struct Handlers {
        std::function<void(size_t client)> connected;
        std::function<void(size_t client, std::string_view topic, std::span<const uint8_t> payload)>
            message;
        std::function<void(size_t client)> subscribed{};    ///< the broker has taken a subscription
        std::function<void(size_t client)> acknowledged{};  ///< the broker has taken a message
    };
    explicit MqttSwarm(Handlers handlers);
    MqttSwarm(const MqttSwarm&) = delete;
    MqttSwarm& operator=(const MqttSwarm&) = delete;
    ~MqttSwarm();

    /// The next client, counted from 0; it begins to connect. Throws std::runtime_error where its
    /// files cannot be used.
    size_t add(const MqttConfig& config);
    size_t size() const { return clients_.size(); }
    bool is_connected(size_t client) const { return clients_[client].connected; }

    bool subscribe(size_t client, const std::vector<std::string>& topics);
    bool publish(size_t client, const std::string& topic, std::span<const uint8_t> payload,
                 bool retain);

    /// Cuts a client's connection without a word, and keeps it away; or lets it come back.
    void keep_away(size_t client, bool away);

    /// Serves all connections for so long.
    void run(std::chrono::milliseconds for_ms);

  private:
    using Clock = std::chrono::steady_clock;
    struct Destroy {
        void operator()(mosquitto* client) const { mosquitto_destroy(client); }
    };
    /// What libmosquitto's callbacks are given.
    struct Mark {
        MqttSwarm* swarm;
        size_t client;
    };
    struct Client {
        std::unique_ptr<Mark> mark;
        std::unique_ptr<mosquitto, Destroy> handle;
        uint16_t port = 0;
        bool begun = false;  ///< connected before, or tried to
        bool connecting = false, connected = false, away = false;
        bool writes = false;  ///< epoll waits for room, too
        Clock::time_point since;
    };
    struct Waiting {
        Clock::time_point from;
        size_t client;
    };

    void begin_connections();
    void begin(size_t number);
    void serve(size_t number, uint32_t events);
    void watch(size_t number, int how);
    void lose(size_t number);
    void look_after_some();

    Handlers handlers_;
    int epoll_ = -1;
    std::vector<Client> clients_;
    std::deque<Waiting> waiting_;  ///< for their turn to connect
    size_t connecting_ = 0;
    size_t looked_at_ = 0;
};

}  // namespace ganglion::fleet::testing
