#pragma once

#include <span>
#include <vector>

#include "device/coordinate/summary.hpp"

namespace ganglion::fleet::coordinate {

namespace device = ganglion::coordinate;

/// Mean power of a store that keeps to a level for `step_s` seconds: its room or content changes
/// meanwhile, and with it what a level means.
int32_t mean_response(const device::Store& store, int32_t level, uint32_t step_s);

/// The level at which these stores together take `power` in the coming `step_s` seconds (or the
/// nearest they can): respond() rises with the level, so that bisection finds it. All stores of
/// one kind.
int32_t level_for(std::span<const device::Store* const> stores, double power, uint32_t step_s);

/// What they take together at a level.
double power_at(std::span<const device::Store* const> stores, int32_t level, uint32_t step_s);

/// The level of a pool that is known by its sums alone, for a step in the future.
int32_t level_of(double power, double content, double most);

}  // namespace ganglion::fleet::coordinate
