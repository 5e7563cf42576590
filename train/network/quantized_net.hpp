#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// A calibrated network whose forward pass rounds as the integer engine does while gradients pass
/// straight through (Jacob et al. 2018, section 3; straight-through estimator of Bengio et al.
/// 2013): weights to int8 on the scales that to_graph() chooses, activations to int8 over the
/// calibrated ranges. Batch norm is folded already, as in what is exported.
class QuantizedNet : public torch::nn::Module {
  public:
    explicit QuantizedNet(const FoldedNetwork& network);

    /// Convolutional: [batch, values, time] → [batch, outputs, time']; all dense: [batch, values] →
    /// [batch, outputs]. Before softmax.
    torch::Tensor forward(torch::Tensor x);

    /// The network with the weights reached; ranges as they were.
    FoldedNetwork network() const;

  private:
    FoldedNetwork network_;
    std::vector<torch::Tensor> weights_;  ///< torch's order: [out, in, kernel] or [out, in]
    std::vector<torch::Tensor> bias_;
    bool convolutional_;
};

}  // namespace ganglion::train
