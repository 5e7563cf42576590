#pragma once

#include "update/testing/device.hpp"

namespace ganglion::update::testing {

struct KillResult {
    uint32_t kills = 0;    ///< processes that were killed before they came to the end
    uint32_t devices = 0;  ///< that were taken through the scenario, each to its end
};

/// Plays the scenario as a device on Linux: a process whose flash is a file that it has mapped.
/// Each process is killed (SIGKILL) at a moment drawn by `seed`, and the next goes on with what the
/// file holds, until so many were killed; every device then comes to the end. Throws
/// std::runtime_error naming the scenario where one did not keep a promise.
KillResult kill_everywhere(const Lab& lab, const Scenario& scenario, uint32_t kills, uint32_t seed);

}  // namespace ganglion::update::testing
