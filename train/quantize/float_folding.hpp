#pragma once

#include "model/graph.hpp"

namespace ganglion::train {

/// A float32 graph from elsewhere as the quantizer wants it. Constants in float16, or in integers
/// with a scale (weights quantized alone), become float32, also behind DEQUANTIZE. Behind a
/// convolution or dense layer, multiplications with and additions of constants (batch norm that the
/// exporter left) go into its weights and bias, and a RELU, RELU6 or RELU_N1_TO_1 into its
/// activation. What the graph computes stays the same up to rounding.
model::Graph folded(model::Graph graph);

/// The values of a constant tensor as real numbers: float32, float16 or integers with scales.
/// Throws std::runtime_error for other types.
std::vector<float> real_values(const model::Tensor& tensor);

}  // namespace ganglion::train
