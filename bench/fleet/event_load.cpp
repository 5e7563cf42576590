#include "bench/fleet/event_load.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "fleet/testing/wait.hpp"

namespace ganglion::bench {
namespace {

constexpr uint32_t kBoot = 1;
constexpr uint32_t kUnderWay = 4000;  ///< events of a device
constexpr auto kResendAfter = std::chrono::seconds(5);

fleet::MqttConfig config_of(fleet::Pki& pki, const std::string& id, uint16_t port) {
    pki.issue_device(id);
    fleet::MqttConfig config;
    config.port = port;
    config.id = id;
    config.ca_file = pki.ca_file();
    config.certificate_file = pki.certificate_file("devices/" + id);
    config.key_file = pki.key_file("devices/" + id);
    return config;
}

Event event_of(uint32_t sequence) {
    Event event;
    event.boot = kBoot;
    event.sequence = sequence;
    event.clock_ms = uint64_t{sequence} * 20;
    event.label = EventLabel("alexa");
    event.score_permille = static_cast<uint16_t>(sequence % 1001);
    event.sample = uint64_t{sequence} * 320;
    return event;
}

}  // namespace

EventLoad::EventLoad(fleet::Pki& pki, uint16_t port, uint32_t devices)
    : swarm_({[this](size_t client) { swarm_.subscribe(client, {devices_[client].topic + "ack"}); },
              [this](size_t client, std::string_view, std::span<const uint8_t> payload) {
                  Ack ack;
                  if (!decode_ack(payload, ack)) return;
                  Device& device = devices_[client];
                  device.through = std::max(device.through, ack.through);
                  device.sent = std::max(device.sent, device.through);
              }}) {
    for (uint32_t device = 0; device < devices; ++device) {
        const std::string id = "device-" + std::to_string(device);
        devices_.emplace_back().topic = "ganglion/1/" + id + "/";
        swarm_.add(config_of(pki, id, port));
    }
    const auto end = std::chrono::steady_clock::now() + fleet::testing::kPatience;
    for (uint32_t connected = 0; connected < devices;) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("a device does not connect");
        run();
        connected = 0;
        for (uint32_t device = 0; device < devices; ++device)
            connected += swarm_.is_connected(device) ? 1 : 0;
    }
}

void EventLoad::send(uint32_t events, uint32_t per_message, Answers answers) {
    per_message_ = per_message;
    under_way_ = answers == Answers::store ? kUnderWay : events;
    resends_ = answers == Answers::store;
    for (Device& device : devices_) device.last += events;
}

void EventLoad::run() {
    const auto now = std::chrono::steady_clock::now();
    for (size_t client = 0; client < devices_.size(); ++client) {
        Device& device = devices_[client];
        if (device.seen != device.through || device.sent == device.through) {
            device.seen = device.through;
            device.since = now;
        } else if (resends_ && now - device.since > kResendAfter) {
            device.sent = device.through;
            device.since = now;
        }
        while (device.sent < device.last && device.sent - device.through < under_way_)
            publish_next(client);
    }
    swarm_.run(std::chrono::milliseconds(2));
}

bool EventLoad::all_acknowledged() const {
    return std::ranges::all_of(devices_, [](const Device& one) { return one.through == one.last; });
}

void EventLoad::publish_next(size_t client) {
    std::array<Event, kMaxBatchEvents> events;
    std::array<uint8_t, kMaxBatchBytes> bytes;
    Device& device = devices_[client];
    const uint32_t count = std::min(per_message_, device.last - device.sent);
    for (uint32_t i = 0; i < count; ++i) events[i] = event_of(device.sent + i + 1);
    device.sent += count;
    const BatchHead head{uint64_t{device.sent} * 20, kBoot, false};
    const size_t size = encode(head, std::span(events).first(count), bytes);
    swarm_.publish(client, device.topic + "event", std::span(bytes).first(size), false);
}

}  // namespace ganglion::bench
