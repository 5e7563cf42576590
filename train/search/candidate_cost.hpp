#pragma once

#include "project/project.hpp"
#include "train/search/budget.hpp"

namespace ganglion::train {

/// What the project costs before it is fitted: its network with random weights is quantized,
/// compiled and bundled, so RAM and flash are the compiler's own. Throws std::runtime_error where
/// it cannot be built (e.g. more layers than the frames hold).
SearchCost cost_before_fitting(const project::Project& project);

}  // namespace ganglion::train
