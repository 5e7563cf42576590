#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// The latest moments of [batch, channels, time], as many as `like` has.
torch::Tensor latest(const torch::Tensor& x, const torch::Tensor& like);

/// A network built from layer shapes (weights empty). Convolutions get a batch norm before their
/// activation; fold() merges it into weights and bias.
class Net : public torch::nn::Module {
  public:
    /// `shapes`: FoldedLayer with empty weights. Initial weights come from torch's current seed.
    explicit Net(std::vector<FoldedLayer> shapes);

    /// Convolutional: [batch, values, time] → [batch, outputs, time'], run over any length of time,
    /// so that a long recording gives every window's output at once. All dense: [batch, values] →
    /// [batch, outputs].
    torch::Tensor forward(torch::Tensor x);

    /// The layers with batch norm folded in, in evaluation mode. Ranges are not set.
    std::vector<FoldedLayer> fold() const;

  private:
    std::vector<FoldedLayer> shapes_;
    std::vector<torch::nn::Conv1d> convolutions_;  // null for dense layers of a dense network
    std::vector<torch::nn::Linear> dense_;
    std::vector<torch::nn::BatchNorm1d> norms_;
    std::vector<torch::Tensor> recurrent_weights_, recurrent_bias_;  // undefined for others
    bool convolutional_;
};

}  // namespace ganglion::train
