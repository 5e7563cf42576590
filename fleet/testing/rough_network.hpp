#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace ganglion::fleet::testing {

/// A network between clients and a port of this machine: delays what it carries by up to 20 ms, and
/// can be cut.
class RoughNetwork {
  public:
    RoughNetwork(uint16_t to, uint64_t seed);
    ~RoughNetwork();
    RoughNetwork(const RoughNetwork&) = delete;
    RoughNetwork& operator=(const RoughNetwork&) = delete;

    uint16_t port() const { return port_; }
    /// Ends every connection in the middle of whatever it carries; nothing gets through until
    /// mend().
    void cut() { whole_ = false; }
    void mend() { whole_ = true; }

  private:
    void serve();
    void carry(int client, int server, uint64_t seed) const;

    uint16_t to_;
    uint16_t port_ = 0;
    int listener_;
    std::mt19937_64 random_;
    std::atomic<bool> whole_{true}, stopping_{false};
    std::vector<std::thread> connections_;
    std::thread thread_;
};

}  // namespace ganglion::fleet::testing
