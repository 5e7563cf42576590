#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ganglion::fleet::testing {

struct ChaosDeviceConfig {
    std::string id;
    uint16_t port = 0;
    std::filesystem::path pki, flash, journal;
    uint64_t seed = 0;
    bool damage = false;  ///< one event is lost before it begins
};

/// Lives until it is killed; after SIGTERM until its outbox is empty. 0: it is; 3: it never was.
int run_chaos_device(const ChaosDeviceConfig& config);

}  // namespace ganglion::fleet::testing
