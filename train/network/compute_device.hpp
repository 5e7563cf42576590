#pragma once

#include <torch/torch.h>

namespace ganglion::train {

/// What choose_device() (train/network/deterministic.hpp) chose.
torch::Device compute_device();

}  // namespace ganglion::train
