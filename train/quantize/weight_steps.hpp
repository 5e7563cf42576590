#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "train/quantize/layers.hpp"

// How a layer's weights become integers: what is exported and what is trained against are the same.

namespace ganglion::train {

/// Weights of such a layer, and biases.
size_t weight_count(const FoldedLayer& layer);
size_t bias_count(const FoldedLayer& layer);

/// Index into layer.weights of weight `k` of output channel `channel`.
size_t weight_index(const FoldedLayer& layer, size_t channel, size_t k);

/// The last step on either side: 127, or 7 of weights with 4 bits.
int32_t last_step(const FoldedLayer& layer);

/// Dense layers of 8 bits have one scale for all outputs, which the device computes fastest; all
/// others one for each output channel.
bool has_one_scale(const FoldedLayer& layer);

/// The scales: those that the layer names, else such that the largest weight is the last step.
std::vector<float> weight_scales(const FoldedLayer& layer);

/// The step nearest to weight / scale among those that the layer may use.
int32_t weight_step(const FoldedLayer& layer, float weight, float scale);

}  // namespace ganglion::train
