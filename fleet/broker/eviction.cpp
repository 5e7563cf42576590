#include "fleet/broker/eviction.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "device/event/messages.hpp"
#include "fleet/ingest/mqtt_client.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);

}  // namespace

bool evict(const Pki& pki, uint16_t port, const std::string& device) {
    pki.write_eviction_identity(device);
    MqttConfig config;
    config.port = port;
    config.id = device;
    config.ca_file = pki.ca_file();
    config.certificate_file = pki.certificate_file("eviction");
    config.key_file = pki.key_file("eviction");
    std::mutex mutex;
    std::condition_variable changed;
    bool connected = false;
    MqttClient client(config, {[&] {
                                   const std::lock_guard lock(mutex);
                                   connected = true;
                                   changed.notify_all();
                               },
                               [](const std::string&) {},
                               [](std::string_view, std::span<const uint8_t>, bool) {}});
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, kLimit, [&] { return connected; })) return false;
    std::array<uint8_t, 64> offline{};
    const size_t size = encode(StatusMessage{}, offline);
    // The client's end sends what is queued before it disconnects.
    client.publish("ganglion/1/" + device + "/status", std::span(offline).first(size), true);
    return true;
}

}  // namespace ganglion::fleet
