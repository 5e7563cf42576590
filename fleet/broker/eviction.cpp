#include "fleet/broker/eviction.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "device/event/messages.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);

}  // namespace

bool evict(const MqttConfig& as_device) {
    std::mutex mutex;
    std::condition_variable changed;
    bool connected = false;
    MqttClient client(as_device, {[&] {
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
    client.publish("ganglion/1/" + as_device.id + "/status", std::span(offline).first(size), true);
    return true;
}

}  // namespace ganglion::fleet
