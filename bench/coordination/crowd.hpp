#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "fleet/pki/pki.hpp"

namespace ganglion::bench::grid {

/// Thousands of devices on a real broker, each with an identity, a TLS connection and topics of
/// its own. They live in processes of their own, since one may not hold as many connections; what
/// they say and hear goes through this one. MQTT 3.1.1, QoS 1. What is lost with a connection is
/// not sent again: a summary is soon followed by the next.
class Crowd {
  public:
    /// Message of a member, from one of the threads; of one member never two at a time.
    using Heard = std::function<void(uint32_t member, std::span<const uint8_t> payload)>;

    /// Begins the processes for so many members. To be made before this process has threads.
    explicit Crowd(size_t members);
    ~Crowd();
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    size_t processes() const { return parts_.size(); }
    /// Issues identities and begins to connect. `leaf`: each hears ganglion/1/ID/leaf. One thread
    /// hears the members whose number modulo processes() is the same.
    void connect(fleet::Pki& pki, uint16_t port, const std::vector<std::string>& ids,
                 const std::string& leaf, Heard heard);
    /// Until all can hear, or so long, or a process has ended.
    bool wait_until_connected(std::chrono::seconds limit) const;
    size_t connected() const { return connected_; }
    /// To ganglion/1/ID/leaf. `leaf`: at most 31 letters.
    void publish(uint32_t member, const std::string& leaf, std::span<const uint8_t> payload);
    uint64_t published() const { return published_; }
    /// Of them, taken by the broker.
    uint64_t acknowledged() const { return acknowledged_; }
    /// Ends the processes, and nothing is heard any more.
    void end();

  private:
    struct Part {
        int link = -1;
        pid_t process = -1;
        std::thread reader;
    };

    void read(const Part& part);

    Heard heard_;
    size_t members_;
    std::vector<Part> parts_;
    std::atomic<bool> ending_ = false, failed_ = false;
    std::atomic<size_t> connected_ = 0;
    std::atomic<uint64_t> published_ = 0, acknowledged_ = 0;
};

}  // namespace ganglion::bench::grid
