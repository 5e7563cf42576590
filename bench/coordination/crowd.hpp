#pragma once

#include <mosquitto.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "fleet/pki/pki.hpp"

namespace ganglion::bench::grid {

/// Thousands of devices of one process on a real broker, each with an identity, a TLS connection
/// and topics of its own, served by a few threads (MqttClient has a thread a connection). MQTT
/// 3.1.1, QoS 1. What is lost with a connection is not sent again: a summary is soon followed by
/// the next.
class Crowd {
  public:
    /// Message of a member, from one of the threads; of one member never two at a time.
    using Heard = std::function<void(uint32_t member, std::span<const uint8_t> payload)>;

    /// Issues identities and begins to connect. `leaf`: each hears ganglion/1/ID/leaf. Thread
    /// i serves the members whose number modulo `threads` is i.
    Crowd(fleet::Pki& pki, uint16_t port, std::vector<std::string> ids, const std::string& leaf,
          unsigned threads, Heard heard);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    /// Until all can hear, or so long.
    bool wait_until_connected(std::chrono::seconds limit) const;
    size_t connected() const { return connected_; }
    /// To ganglion/1/ID/leaf, by the member's own thread.
    void publish(uint32_t member, const std::string& leaf, std::vector<uint8_t> payload);
    uint64_t published() const { return published_; }
    /// Of them, taken by the broker.
    uint64_t acknowledged() const { return acknowledged_; }

  private:
    struct Destroy {
        void operator()(mosquitto* client) const { mosquitto_destroy(client); }
    };
    struct Member {
        Crowd* crowd = nullptr;
        uint32_t number = 0;
        std::unique_ptr<mosquitto, Destroy> client;
        bool hears = false;
    };
    struct Waiting {
        uint32_t member = 0;
        std::string topic;
        std::vector<uint8_t> payload;
    };
    struct Worker {
        int watch = -1;
        std::vector<uint32_t> members;
        std::mutex mutex;
        std::vector<Waiting> waiting;
        std::thread thread;
    };

    void prepare(Member& member, const fleet::Pki& pki);
    void work(Worker& worker);
    void serve(Worker& worker, Member& member, bool readable);
    void connect(Worker& worker, Member& member);
    static Member& of(void* object) { return *static_cast<Member*>(object); }

    std::vector<std::string> ids_;
    std::string leaf_;
    uint16_t port_;
    Heard heard_;
    std::vector<Member> members_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::mutex connecting_;
    std::atomic<bool> stopping_ = false;
    std::atomic<size_t> connected_ = 0;
    std::atomic<uint64_t> published_ = 0, acknowledged_ = 0;
};

}  // namespace ganglion::bench::grid
