#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/coordination/scene.hpp"
#include "fleet/coordinate/coordinator.hpp"

namespace ganglion::bench::grid {

enum class Policy : uint8_t {
    none,         ///< cars charge when they come, batteries use up what the roof gave
    local,        ///< the local rule: cars wait for the cheap hours, strained lines are eased
    coordinated,  ///< set-points of the coordinator, the local rule where there is none
};

/// An hour, from this step on, in which something is lost.
struct Loss {
    enum class Of : uint8_t { coordinator, broker, homes } of = Of::coordinator;
    uint32_t from_step = 0;
    double share = 0.3;  ///< of the homes
};

/// What one step of the region was, W.
struct Moment {
    uint32_t step = 0;
    double demand = 0, own_use = 0, scheduled = 0, storage = 0, cars = 0;
};

struct Outcome {
    double cost = 0;  ///< of the days that count, with what stores hold less or more
    double energy_cost = 0, imbalance_cost = 0;
    double peak = 0;                 ///< W, of a quarter hour
    double imbalance_rms = 0;        ///< W, of demand less schedule, by quarter hour
    double imbalance_step_rms = 0;   ///< the same of every step
    uint64_t violations = 0;         ///< feeders beyond their limit, counted each step
    double late_energy = 0;          ///< share of the cars' need that was missing when they left
    double bytes_per_home_hour = 0;  ///< payloads both ways
    double messages_per_home_hour = 0;
    double left_out = 0;       ///< mean share of homes that the coordinator left out
    uint64_t refused = 0;      ///< set-points that homes refused
    double worst_cycle_s = 0;  ///< coordinator
    std::vector<Moment> moments;
    std::vector<std::string> reasons;  ///< of the coordinator, newest last
};

/// Lives through the scene under a policy. The grid's operator schedules generators by the hour:
/// under `coordinated` the coordinator does, otherwise by a load guard (apps/meter) on the
/// region's demand.
Outcome simulate(const Scene& scene, Policy policy, const std::optional<Loss>& loss = {});

/// The cheapest that the region could have been run for, knowing everything beforehand, feeders
/// planned as `blocks` groups (a lower bound: sums of stores are freer than stores).
double optimum(const Scene& scene, size_t blocks = 4);

}  // namespace ganglion::bench::grid
