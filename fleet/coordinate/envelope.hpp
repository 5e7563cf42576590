#pragma once

#include <span>
#include <vector>

#include "device/coordinate/summary.hpp"

namespace ganglion::fleet::coordinate {

namespace device = ganglion::coordinate;

/// The stores of one kind, storage or buffer, as one: sums. Steps and steps times an hour.
struct Pool {
    double content = 0, most = 0, give = 0, take = 0;
};

/// What the devices behind a feeder, or behind many, are expected to take and could shift, over a
/// horizon of steps of any length. Sums of single devices' limits; since a level keeps all stores
/// of a kind at the same relative content, the sum behaves nearly like one store.
struct Envelope {
    explicit Envelope(size_t steps);

    std::vector<double> own_use;     ///< mean power of each step
    double own_now = 0;              ///< power in the coming cycle
    std::vector<double> task_power;  ///< most that tasks can take in a step
    /// Energy that tasks must, and can at most, have taken by the end of each step.
    std::vector<double> task_least, task_most;
    Pool storage, buffer;
    double error_square = 0;  ///< sum of squared expected errors
    /// Power of the whole, 0 or more each way; 0, 0: no limit.
    double most_taken = 0, most_given = 0;

    size_t steps() const { return own_use.size(); }
    Envelope& operator+=(const Envelope& other);
};

/// Lengths of the steps of a horizon, hours: the rest of the running hour, then whole hours.
std::vector<double> horizon_steps(size_t steps, double first_h);

/// Adds one store that may be steered.
void add_store(Envelope& envelope, std::span<const double> step_h, const device::Store& store);

/// Adds a device. `stores`: whether its stores may be steered. Step i is forecast[i], the last
/// forecast goes on. Tasks that are not steered count as taking all as soon as they can.
void add_device(Envelope& envelope, std::span<const double> step_h, const device::Summary& summary,
                bool stores);

}  // namespace ganglion::fleet::coordinate
