#pragma once

#include <span>
#include <vector>

#include "model/graph.hpp"
#include "train/quantize/float_graph.hpp"

namespace ganglion::train {

/// What a tensor's real values lie between.
struct TensorRange {
    float least = 0;
    float greatest = 0;
};

/// The ranges of all tensors over some inputs, once from the least to the greatest value, and once
/// cut where the mean squared error of 256 steps is least: few outliers then cost all others less.
struct CalibratedRanges {
    std::vector<TensorRange> whole;
    std::vector<TensorRange> cut;
};

/// `inputs`: one after the other, as many values each as the graph's input. Throws
/// std::runtime_error when there is none or a value is not finite.
CalibratedRanges calibrated_ranges(FloatGraph& graph, std::span<const float> inputs);

/// A folded() float32 graph in integers by the rules of the TFLite int8 specification: weights int8
/// symmetric with a scale for each output channel, bias int32, activations int8 over `ranges`
/// (one a tensor) with zero exactly representable; SOFTMAX and LOGISTIC 1/256 at -128, TANH 1/128
/// at 0; what only moves values or takes their mean or maximum over a window keeps its input's
/// scale. Input and output are int8. Unless `dense_by_channel`, all weights of a dense layer have
/// one scale, which the device computes with fewer instructions. Throws std::runtime_error for an
/// operator that has no int8 form here.
model::Graph quantized_graph(const model::Graph& graph, const std::vector<TensorRange>& ranges,
                             bool dense_by_channel = true);

}  // namespace ganglion::train
