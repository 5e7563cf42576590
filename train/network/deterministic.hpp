#pragma once

#include <cstdint>

namespace ganglion::train {

/// One seed for all of torch, deterministic algorithms only, and a fixed number of threads, because
/// sums split over threads round differently.
void be_deterministic(uint64_t seed);

}  // namespace ganglion::train
