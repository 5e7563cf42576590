#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/ingest/mqtt_client.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet::testing {

/// Speaks for one device on a real broker: its certificate, its topics, its rule to keep an event
/// until the server has acknowledged it.
class DeviceClient {
  public:
    DeviceClient(Pki& pki, const std::string& id, uint16_t port, uint32_t boot = 1);

    const std::string& id() const { return id_; }
    bool wait_until_connected();
    bool is_connected() const { return client_.is_connected(); }

    /// The next event of this boot, into the outbox.
    Event add_event(const std::string& label = "alexa", EventKind kind = EventKind::decision);
    size_t waiting() const;
    /// Everything up to and with this sequence is acknowledged.
    uint32_t through() const;
    /// Acks received, of any boot.
    size_t acks() const;

    /// One round: sends everything in the outbox, at most `per_message` events a message.
    void send_outbox(size_t per_message = kMaxBatchEvents);
    /// Rounds until the outbox is empty. False when that takes longer than `limit`.
    bool deliver(std::chrono::milliseconds limit, size_t per_message = kMaxBatchEvents);

    void send_status(const StatusMessage& status);
    void send_report(const ReportMessage& report);
    void send_raw(const std::string& channel, const std::vector<uint8_t>& payload);
    /// On any topic, also one that is not ours.
    void publish(const std::string& topic, const std::vector<uint8_t>& payload);
    void subscribe(const std::string& pattern) { client_.subscribe(pattern); }
    /// Messages that came on topics other than our own ack.
    std::vector<std::string> foreign_topics() const;

  private:
    void on_message(std::string_view topic, std::span<const uint8_t> payload);
    std::string topic(const std::string& channel) const {
        return "ganglion/1/" + id_ + "/" + channel;
    }

    std::string id_;
    uint32_t boot_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<uint32_t, Event> outbox_;
    uint32_t last_sequence_ = 0;
    uint32_t through_ = 0;
    size_t acks_ = 0;
    std::vector<std::string> foreign_topics_;

    MqttClient client_;
};

}  // namespace ganglion::fleet::testing
