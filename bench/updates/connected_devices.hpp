#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "fleet/pki/pki.hpp"
#include "update/testing/power_cuts.hpp"

namespace ganglion::bench {

inline constexpr uint32_t kMostConnected = 1U << 16;

/// What the devices' processes and the one that judges them share.
struct SharedWorld {
    /// What all devices shall do now.
    enum Phase : uint32_t { everybody_comes, some_are_away, some_come_back };
    std::atomic<uint32_t> phase;
    std::atomic<uint32_t> connected;
    std::atomic<uint32_t> failed;                               ///< processes that gave up
    std::array<std::atomic<uint8_t>, kMostConnected> runs_new;  ///< of each device
};

/// In memory that forked processes share, all zero.
std::shared_ptr<SharedWorld> share_world();

/// Device `number` of a fleet: of a hundred, five go away, half of those for ever; one cannot prove
/// the new bundle.
constexpr bool goes_away(uint32_t number) {
    return number % 20 == 7;
}
constexpr bool stays_away(uint32_t number) {
    return number % 40 == 7;
}
constexpr bool cannot_prove(uint32_t number) {
    return number % 100 == 50;
}
std::string device_id(uint32_t number);

/// The bundles: what the factory wrote and what is released.
update::testing::Bytes old_bundle();
update::testing::Bytes new_bundle();

/// Devices first <= number < end in this process, each with the agent of device/update, a flash of
/// its own, and a connection to the broker by TLS with its own certificate. Never returns: ends
/// when it is killed.
[[noreturn]] void live_as_devices(uint32_t first, uint32_t end, const update::testing::Lab& lab,
                                  const std::filesystem::path& pki, uint16_t mqtt_port,
                                  SharedWorld& world);

}  // namespace ganglion::bench
