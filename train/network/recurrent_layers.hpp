#pragma once

#include <torch/torch.h>

#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// The last hidden state, [batch, out, 1], of a recurrent layer over x [batch, in, time]. Weights
/// and biases lie in the order of FoldedLayer. `rounded`: with the roundings of the integer engine
/// (recurrent_graph.hpp), through which gradients pass; the layer's ranges must be set.
torch::Tensor last_state(const torch::Tensor& x, const torch::Tensor& weights,
                         const torch::Tensor& bias, const FoldedLayer& layer, bool rounded);

/// Initial weights: even within 1/sqrt(out); an LSTM forgets little at first (Gers et al.,
/// "Learning to forget", 2000).
torch::Tensor first_recurrent_weights(const FoldedLayer& layer);
torch::Tensor first_recurrent_bias(const FoldedLayer& layer);

}  // namespace ganglion::train
