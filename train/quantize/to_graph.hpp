#pragma once

#include "model/graph.hpp"
#include "train/quantize/layers.hpp"

namespace ganglion::train {

/// Post-training quantization by the rules of the TFLite int8 specification (Jacob et al.,
/// "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
/// 2018): weights int8 symmetric, one scale per output channel (dense: one per tensor), bias int32
/// at input scale × weight scale, activations int8 asymmetric over the range seen in calibration
/// with zero exactly representable, softmax output 1/256 at zero point -128. Graph: input [1,
/// frames, 1, values] int8, or [1, frames × values] when the first layer is dense. Throws
/// std::runtime_error when layers do not fit each other or a range is not finite.
model::Graph to_graph(const FoldedNetwork& network);

/// The same network in floating point, for measuring what quantization costs: input frames × values
/// real numbers (int8 × input_scale), output of the last layer, before softmax.
std::vector<float> run_float(const FoldedNetwork& network, std::vector<float> input);

/// e^x over the sum of all, in place.
void apply_softmax(std::vector<float>& values);

/// Sets each layer's range from running run_float over `inputs` (int8, frames × values each, one
/// after the other). The outermost `outside` share of the values on either side is cut off.
void calibrate(FoldedNetwork& network, const std::vector<int8_t>& inputs, double outside = 1e-5);

}  // namespace ganglion::train
