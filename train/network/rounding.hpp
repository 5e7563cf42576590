#pragma once

#include <torch/torch.h>

namespace ganglion::train {

/// Rounded forward, as it is backward; beyond the range the gradient ends.
torch::Tensor round_through(const torch::Tensor& x, const torch::Tensor& rounded);

/// To the int8 scale of a range and back; beyond it, which for a ReLU begins at 0, the gradient
/// ends.
torch::Tensor rounded_activation(const torch::Tensor& x, bool relu, float least, float greatest);

}  // namespace ganglion::train
