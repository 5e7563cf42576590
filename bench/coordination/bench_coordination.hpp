#pragma once

#include <functional>
#include <vector>

#include "bench/coordination/scene.hpp"
#include "bench/row.hpp"

namespace ganglion::bench {

struct CoordinationBench {
    grid::SceneOptions scene;
    uint32_t fault_episodes = 250;
    std::vector<uint32_t> cycle_homes = {10'000, 1'000'000};
    std::function<void(const std::string& part, double fraction)> progress;
};

/// The four policies on the same days, and the coordinated one with an hour's losses.
std::vector<Row> grid_rows(const CoordinationBench& bench);
/// Injected faults: share missed, share of the healthy suspected.
std::vector<Row> fault_rows(const CoordinationBench& bench);
/// What new devices gain from what others of their kind learned, and what that costs in privacy.
/// None where the recordings beside `scene.data` are absent.
std::vector<Row> together_rows(const CoordinationBench& bench);
/// CPU time of a whole cycle: decode, watch, plan, divide, sign; one thread.
std::vector<Row> cycle_rows(const CoordinationBench& bench);

}  // namespace ganglion::bench
