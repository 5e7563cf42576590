#pragma once

#include <string>
#include <vector>

#include "bench/coordination/scene.hpp"

namespace ganglion::bench::grid {

struct FaultTally {
    std::string name;
    uint64_t injected = 0, found = 0;
    double slots_to_find = 0;  ///< mean over those found
};

struct FaultOutcome {
    std::vector<FaultTally> kinds;
    uint64_t healthy =
        0;  ///< homes and feeders watched for an episode without a fault of their own
    uint64_t suspected = 0;  ///< of them, suspected at any time
};

/// Lets one fault after another happen to meters and feeders of the scene (each for three slots,
/// after three healthy ones) and asks the coordinator's watch who it was.
FaultOutcome inject_faults(const Scene& scene, uint32_t episodes_a_kind);

}  // namespace ganglion::bench::grid
