#include "fleet/testing/device_client.hpp"

#include <algorithm>
#include <array>

#include "fleet/testing/device_mqtt.hpp"
#include "fleet/testing/wait.hpp"

namespace ganglion::fleet::testing {
namespace {

constexpr size_t kMessageLimit = 4096;
constexpr auto kResendAfter = std::chrono::milliseconds(300);

MqttConfig with_will(Pki& pki, const std::string& id, uint16_t port) {
    MqttConfig config = device_mqtt(pki, id, port);
    config.will_topic = "ganglion/1/" + id + "/status";
    std::array<uint8_t, 64> will{};
    StatusMessage offline;
    const size_t size = encode(offline, will);
    config.will_payload.assign(will.begin(), will.begin() + static_cast<std::ptrdiff_t>(size));
    return config;
}

template <typename MessageType>
std::vector<uint8_t> encoded(const MessageType& message) {
    std::vector<uint8_t> bytes(kMessageLimit);
    bytes.resize(encode(message, bytes));
    return bytes;
}

}  // namespace

DeviceClient::DeviceClient(Pki& pki, const std::string& id, uint16_t port, uint32_t boot)
    : id_(id),
      boot_(boot),
      client_(with_will(pki, id, port),
              {[this] { client_.subscribe(topic("ack")); }, [](const std::string&) {},
               [this](std::string_view from, std::span<const uint8_t> payload, bool) {
                   on_message(from, payload);
               }}) {}

bool DeviceClient::wait_until_connected() {
    return eventually([this] { return client_.is_connected(); });
}

Event DeviceClient::add_event(const std::string& label, EventKind kind) {
    const std::lock_guard lock(mutex_);
    Event event;
    event.boot = boot_;
    event.sequence = ++last_sequence_;
    event.clock_ms = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                               std::chrono::steady_clock::now() - start_)
                                               .count());
    event.kind = kind;
    event.label = EventLabel(label);
    event.score_permille = static_cast<uint16_t>(event.sequence % 1001);
    event.sample = uint64_t{event.sequence} * 320;
    outbox_.emplace(event.sequence, event);
    return event;
}

size_t DeviceClient::waiting() const {
    const std::lock_guard lock(mutex_);
    return outbox_.size();
}

uint32_t DeviceClient::through() const {
    const std::lock_guard lock(mutex_);
    return through_;
}

size_t DeviceClient::acks() const {
    const std::lock_guard lock(mutex_);
    return acks_;
}

void DeviceClient::send_outbox(size_t per_message) {
    std::vector<EventBatch> batches;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [sequence, event] : outbox_) {
            if (batches.empty() || batches.back().count == per_message) {
                batches.emplace_back();
                batches.back().boot = boot_;
                batches.back().clock_ms =
                    static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                              std::chrono::steady_clock::now() - start_)
                                              .count());
            }
            EventBatch& batch = batches.back();
            batch.events[batch.count++] = event;
        }
    }
    for (const EventBatch& batch : batches) publish(topic("event"), encoded(batch));
}

bool DeviceClient::deliver(std::chrono::milliseconds limit, size_t per_message) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (waiting() > 0 && std::chrono::steady_clock::now() < end) {
        if (client_.is_connected()) send_outbox(per_message);
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kResendAfter, [this] { return outbox_.empty(); });
    }
    return waiting() == 0;
}

void DeviceClient::send_status(const StatusMessage& status) {
    client_.publish(topic("status"), encoded(status), true);
}

void DeviceClient::send_report(const ReportMessage& report) {
    publish(topic("report"), encoded(report));
}

void DeviceClient::send_raw(const std::string& channel, const std::vector<uint8_t>& payload) {
    publish(topic(channel), payload);
}

void DeviceClient::publish(const std::string& to, const std::vector<uint8_t>& payload) {
    client_.publish(to, payload);
}

std::vector<std::string> DeviceClient::foreign_topics() const {
    const std::lock_guard lock(mutex_);
    return foreign_topics_;
}

void DeviceClient::on_message(std::string_view from, std::span<const uint8_t> payload) {
    const std::lock_guard lock(mutex_);
    Ack ack;
    if (from != topic("ack")) {
        foreign_topics_.emplace_back(from);
    } else if (decode_ack(payload, ack)) {
        ++acks_;
        if (ack.boot != boot_) return;
        through_ = std::max(through_, ack.through);
        outbox_.erase(outbox_.begin(), outbox_.upper_bound(through_));
        changed_.notify_all();
    }
}

}  // namespace ganglion::fleet::testing
