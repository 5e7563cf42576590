#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fleet/pki/pki.hpp"
#include "fleet/store/store.hpp"
#include "fleet/testing/chaos_parts.hpp"

namespace ganglion::fleet::testing {

/// A gateway as a part of the chaos, and devices without a network that speak through it: each says
/// one line after the other and goes on to the next only when it was told "ok"; where no answer
/// comes it says the same again, at times also where one has come.
class ChaosGateway {
  public:
    struct Config {
        uint32_t devices = 2;
        uint64_t most_events = 1'000'000;
        /// How many times faster the gateway's clock goes than the world's.
        uint32_t clock_speed = 1;
    };
    /// Starts it towards a broker at this port of this machine.
    ChaosGateway(const ChaosConfig& chaos, Pki& pki, uint16_t mqtt_port, Config config);
    ~ChaosGateway();
    ChaosGateway(const ChaosGateway&) = delete;
    ChaosGateway& operator=(const ChaosGateway&) = delete;

    /// SIGKILL, and another one on what it left.
    void kill_and_restart();
    /// The devices fall silent, and the gateway ends when its spool is empty. False where it
    /// cannot.
    bool come_to_rest();
    /// What is in the store, and in its ledger of gaps, against what the devices were told.
    void compare(Store& store, ChaosResult& result) const;
    /// The largest that its files have been, bytes.
    uint64_t disk_bytes() const { return most_bytes_; }

  private:
    struct Device {
        std::string id;
        std::thread thread;
        uint32_t promised = 0;  ///< numbers up to here were answered with "ok"
    };

    void start();
    void look_at_disk();
    void speak(Device& device, uint64_t seed) const;

    const ChaosConfig& chaos_;
    const Config config_;
    const uint16_t mqtt_port_, lines_port_;
    const int64_t began_ms_;
    std::atomic<bool> stopping_{false};
    uint64_t most_bytes_ = 0;
    std::unique_ptr<Part> gateway_;
    std::vector<Device> devices_;
};

/// The part itself: state folder, identities, ports of the broker and for lines, the most events,
/// the clock's beginning and speed. Ends with 0 when it is told to and its spool is empty.
int run_chaos_gateway(const std::vector<std::string>& arguments);

}  // namespace ganglion::fleet::testing
