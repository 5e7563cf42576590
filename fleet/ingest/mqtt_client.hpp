#pragma once

#include <mosquitto.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fleet/ingest/mqtt_address.hpp"

namespace ganglion::fleet {

/// Where the broker is and who we are to it.
struct MqttConfig {
    uint16_t port = 0;  ///< on 127.0.0.1
    std::string id;
    std::filesystem::path ca_file;
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    std::string will_topic;  ///< empty: no last will
    std::string will_payload;
    /// Brokers elsewhere, any that answers, instead of the one on this machine.
    std::vector<MqttAddress> brokers = {};
    /// MQTT 5, which has shared subscriptions, instead of 3.1.1.
    bool is_version_5 = false;
};

/// What the client tells, from its own thread. `connected` comes with every connection, the first
/// and all later ones.
struct MqttHandlers {
    std::function<void()> connected;
    std::function<void(const std::string& reason)> disconnected;
    std::function<void(std::string_view topic, std::span<const uint8_t> payload, bool retained)>
        message;
};

/// A TLS connection to the broker (libmosquitto) that comes back by itself, at the next of several
/// brokers. QoS 1, clean session: what the broker held for us while we were away would come late
/// and be sent by the devices again anyway. A broker that refuses a subscription is as one that is
/// not there.
class MqttClient {
  public:
    /// Begins to connect and returns at once. Throws std::runtime_error when the files cannot be
    /// used.
    MqttClient(const MqttConfig& config, MqttHandlers handlers);
    ~MqttClient();
    MqttClient(const MqttClient&) = delete;
    MqttClient& operator=(const MqttClient&) = delete;

    /// And heard: the broker has acknowledged every subscription.
    bool is_connected() const { return connected_ && unacknowledged_ <= 0; }

    /// How the broker hands on what matches: until it is acknowledged, or once.
    enum class Delivery { at_most_once, at_least_once };

    /// False when it cannot even be queued; delivery is then up to a later attempt.
    bool subscribe(const std::string& pattern, Delivery delivery = Delivery::at_least_once);
    bool publish(const std::string& topic, std::span<const uint8_t> payload, bool retain = false);

  private:
    struct Destroy {
        void operator()(mosquitto* client) const { mosquitto_destroy(client); }
    };

    void check(int result, const char* what) const;
    void set_callbacks();
    void run(const std::vector<MqttAddress>& brokers);
    void serve_connection();

    MqttHandlers handlers_;
    std::atomic<bool> connected_{false};
    std::atomic<int> unacknowledged_{0};  ///< subscriptions
    std::atomic<bool> stopping_{false}, refused_{false};
    std::unique_ptr<mosquitto, Destroy> client_;
    std::thread thread_;
};

}  // namespace ganglion::fleet
