#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/coordinate/envelope.hpp"
#include "fleet/coordinate/linear_program.hpp"

namespace ganglion::fleet::coordinate {

/// Where power comes from: one stretch of the merit order. W, currency a MWh, W an hour.
struct Generator {
    std::string name;
    double most = 0;
    double cost = 0;
    double ramp = 0;
};

struct Market {
    std::vector<Generator> generators;
    /// A MWh more or less than was scheduled costs so much beside its generation: what reserves
    /// ask.
    double imbalance_premium = 30;
    double peak_cost = 0;  ///< a MW of the horizon's highest demand
    double reserve = 0;    ///< W that generators keep free
    /// Share of a pool's content that is kept filled, and as much kept empty, to meet what no
    /// forecast knew; what that is worth a MWh and hour.
    double pool_reserve = 0.15, pool_reserve_worth = 15;
};

/// All that a plan for a region is made from.
struct RegionProblem {
    std::vector<double> step_h;
    std::vector<Envelope> blocks;  ///< feeders, or feeders that are alike, as one
    Market market;
    std::vector<double> output;  ///< of each generator before the first step
    /// Sum of the generators in the first step where it is already fixed (gate closure).
    std::optional<std::vector<double>> scheduled;
    double peak_so_far = 0;  ///< W: below it a peak costs nothing more
};

struct BlockPlan {
    std::vector<double> storage, task, buffer;  ///< power taken in each step (negative: given)
    std::vector<double> storage_content, buffer_content;  ///< at the end of each step
};

struct RegionPlan {
    bool optimal = false;
    double cost = 0;  ///< of the horizon
    std::vector<BlockPlan> blocks;
    std::vector<std::vector<double>> output;  ///< [step][generator]
    std::vector<double> demand;               ///< of all blocks, W
    std::vector<double> price;                ///< currency a MWh at the margin
    std::vector<double> imbalance;            ///< demand - output that is planned with, W
    double overload = 0;                      ///< Wh beyond feeder limits that no plan could avoid
};

/// The cheapest way to run the region over the horizon: what each block's stores do, what each
/// generator gives. Stores end as full as they begin. Solved as one linear program whose size
/// grows with blocks and steps, not with devices.
RegionPlan plan_region(const RegionProblem& problem, LinearSolver& solver);

}  // namespace ganglion::fleet::coordinate
