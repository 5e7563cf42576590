#pragma once

#include <functional>
#include <vector>

#include "bench/coordination/homes.hpp"

namespace ganglion::bench::grid {

/// Lets the homes of a feeder live through a step with what they have chosen: the strain is found
/// at which the feeder carries what its homes take at that strain (each sees it a little wrong).
/// What the feeder carried, W; `read`: what each home's meter reads.
double carry(const Scene& scene, uint32_t feeder, uint32_t step, std::vector<Home>& homes,
             bool eases, const std::function<void(uint32_t home, double power)>& read);

}  // namespace ganglion::bench::grid
