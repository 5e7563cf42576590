#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fleet/base/log.hpp"
#include "fleet/gateway/spool.hpp"
#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet {

/// Carries the spool to the server: one MQTT connection for each device, with the device's own
/// certificate, so that a gateway may say no more than its devices may. An event stays in the spool
/// until the server has acknowledged it.
class Uplink {
  public:
    /// `identities`: a folder for each device, named like it, as `ganglion device enrol` makes it.
    Uplink(Spool& spool, const std::filesystem::path& identities,
           const std::vector<MqttAddress>& brokers, Log log);
    ~Uplink();
    Uplink(const Uplink&) = delete;
    Uplink& operator=(const Uplink&) = delete;

    bool knows(const std::string& device) const { return devices_.contains(device); }
    /// There is something new in the spool.
    void wake();

  private:
    struct Device {
        std::unique_ptr<MqttClient> client;
        uint32_t sent_through = 0, acknowledged = 0;
        std::chrono::steady_clock::time_point sent_at{};
    };

    void connect(const std::string& id, const std::filesystem::path& identity,
                 const std::vector<MqttAddress>& brokers);
    void on_connected(const std::string& id);
    void on_message(const std::string& id, std::string_view topic,
                    std::span<const uint8_t> payload);
    void work();
    uint32_t send(const std::string& id, MqttClient& client);

    Spool& spool_;
    const Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false, woken_ = false;
    std::map<std::string, Device> devices_;
    std::thread worker_;
};

}  // namespace ganglion::fleet
