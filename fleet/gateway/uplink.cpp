#include "fleet/gateway/uplink.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kAgainAfter = std::chrono::seconds(5);
constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr uint32_t kInFlight = 4 * kMaxBatchEvents;
constexpr size_t kMaxStatusBytes = 256;

std::string topic_of(const std::string& device, const char* leaf) {
    return "ganglion/1/" + device + "/" + leaf;
}

std::vector<uint8_t> status_of(bool online) {
    StatusMessage status;
    status.online = online;
    std::vector<uint8_t> bytes(kMaxStatusBytes);
    bytes.resize(encode(status, bytes));
    return bytes;
}

}  // namespace

Uplink::Uplink(Spool& spool, const std::filesystem::path& identities,
               const std::vector<MqttAddress>& brokers, Log log)
    : spool_(spool), log_(std::move(log)) {
    for (const auto& entry : std::filesystem::directory_iterator(identities)) {
        const std::string id = entry.path().filename().string();
        if (is_valid_device_id(id) && exists(entry.path() / "device.pem")) devices_[id];
    }
    if (devices_.empty()) {
        throw std::runtime_error(identities.string() +
                                 " has no identity: ganglion device enrol CODE --identity " +
                                 (identities / "DEVICE").string());
    }
    // All are known before the first connection tells of itself.
    for (auto& [id, device] : devices_) connect(id, identities / id, brokers);
    worker_ = std::thread([this] { work(); });
}

Uplink::~Uplink() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
    for (auto& [id, device] : devices_) device.client.reset();
}

void Uplink::connect(const std::string& id, const std::filesystem::path& identity,
                     const std::vector<MqttAddress>& brokers) {
    MqttConfig config;
    config.brokers = brokers;
    config.id = id;
    config.ca_file = identity / "ca.pem";
    config.certificate_file = config.key_file = identity / "device.pem";
    config.will_topic = topic_of(id, "status");
    const auto will = status_of(false);
    config.will_payload.assign(will.begin(), will.end());
    // What it tells from its own thread waits until it is in its place.
    const std::lock_guard lock(mutex_);
    devices_.at(id).client = std::make_unique<MqttClient>(
        config, MqttHandlers{[this, id] { on_connected(id); },
                             [this, id](const std::string& reason) {
                                 log_("gateway: " + id + ": " + reason);
                             },
                             [this, id](std::string_view topic, std::span<const uint8_t> payload,
                                        bool) { on_message(id, topic, payload); }});
}

void Uplink::on_connected(const std::string& id) {
    MqttClient* client = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        Device& device = devices_.at(id);
        client = device.client.get();
        // What was under way may have been lost with the connection.
        device.sent_through = device.acknowledged;
        woken_ = true;
    }
    client->subscribe(topic_of(id, "ack"));
    client->publish(topic_of(id, "status"), status_of(true), true);
    changed_.notify_all();
}

void Uplink::on_message(const std::string& id, std::string_view topic,
                        std::span<const uint8_t> payload) {
    Ack ack;
    if (topic != topic_of(id, "ack") || !decode_ack(payload, ack) || ack.boot != spool_.boot())
        return;
    try {
        spool_.acknowledge(id, ack.through);
    } catch (const StoreError& error) {
        log_("gateway: " + std::string(error.what()));
        return;  // it is sent and acknowledged again
    }
    {
        const std::lock_guard lock(mutex_);
        Device& device = devices_.at(id);
        device.acknowledged = std::max(device.acknowledged, ack.through);
        woken_ = true;
    }
    changed_.notify_all();
}

void Uplink::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

void Uplink::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait_for(lock, kLookEvery, [this] { return stopping_ || woken_; });
        woken_ = false;
        const auto now = std::chrono::steady_clock::now();
        for (auto& [id, device] : devices_) {
            const bool under_way =
                device.sent_through > device.acknowledged && now < device.sent_at + kAgainAfter;
            if (stopping_ || under_way || !device.client->is_connected()) continue;
            lock.unlock();
            const uint32_t sent = send(id, *device.client);
            lock.lock();
            device.sent_through = std::max(device.sent_through, sent);
            device.sent_at = now;
        }
    }
}

/// Sends the oldest events; returns the last one's sequence, 0 where there is none.
uint32_t Uplink::send(const std::string& id, MqttClient& client) {
    std::vector<Event> events;
    try {
        events = spool_.oldest(id, kInFlight);
    } catch (const StoreError& error) {
        log_("gateway: " + std::string(error.what()));
    }
    for (size_t first = 0; first < events.size(); first += kMaxBatchEvents) {
        // The spool drops the oldest where it is full: the server need not wait for those.
        const BatchHead head{spool_.clock_ms(), spool_.boot(), first == 0};
        std::array<uint8_t, kMaxBatchBytes> bytes{};
        const size_t count = std::min(kMaxBatchEvents, events.size() - first);
        const size_t size = encode(head, std::span(events).subspan(first, count), bytes);
        client.publish(topic_of(id, "event"), std::span(bytes).first(size));
    }
    return events.empty() ? 0 : events.back().sequence;
}

}  // namespace ganglion::fleet
