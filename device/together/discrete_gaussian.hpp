#pragma once

#include <cstdint>

#include "device/learn/share_terms.hpp"

namespace ganglion::together {

/// Where randomness comes from: a board's true random generator, or a seeded one in tests.
struct RandomWords {
    uint64_t (*next)(void* context);
    void* context;
};

/// One draw of the discrete Gaussian of standard deviation `sigma` (1..kMostSigma): exact, in
/// integers, by rejection from a discrete Laplace distribution (Canonne, Kamath and Steinke, "The
/// Discrete Gaussian for Differential Privacy", NeurIPS 2020, algorithms 1 to 3), so that no
/// floating point weakens what the noise promises.
int32_t discrete_gaussian(uint32_t sigma, const RandomWords& random);

}  // namespace ganglion::together
