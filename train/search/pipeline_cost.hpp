#pragma once

#include "project/project.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/search/budget.hpp"

namespace ganglion::train {

/// What a project with its model costs: RAM and flash exactly, instructions on a Cortex-M4F as a
/// bound by the dearest of the reference models per multiply-accumulate, features included.
SearchCost cost_of(const project::Project& project, const DeviceRun& device);

}  // namespace ganglion::train
