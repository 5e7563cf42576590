#pragma once

#include <vector>

#include "update/testing/device.hpp"

namespace ganglion::update::testing {

/// A device as the factory leaves it for this scenario.
SimulatedFlash new_device(const Lab& lab, const Scenario& scenario);

/// Every kind of update that ends well or badly: whole and delta, bundle and firmware, key lists.
std::vector<Scenario> all_scenarios(const Lab& lab);

struct CutPlan {
    std::vector<uint32_t> seeds{0, 1, 2, 3, 4};  ///< how operations are cut: SimulatedFlash
    bool by_turns = false;      ///< each operation in one of these ways, not in all
    uint32_t first = 0;         ///< operation that is cut first
    uint32_t every = 1;         ///< cut each operation from there, or each so manyth
    uint32_t second_every = 0;  ///< after each cut, cut the recovery too: each so manyth operation;
                                ///< 0: no second cut
};

struct CutResult {
    uint64_t operations = 0;   ///< flash operations of the scenario without a cut
    uint64_t lives = 0;        ///< played: one up to each cut, and one from there to the end
    uint32_t most_erases = 0;  ///< of one block, without a cut
};

/// Plays the scenario with the power cut as planned, then on to the end. Throws std::runtime_error
/// naming scenario, operation and seed where a device did not keep a promise.
CutResult cut_everywhere(const Lab& lab, const Scenario& scenario, const CutPlan& plan);

}  // namespace ganglion::update::testing
