#pragma once

#include <cstdint>
#include <span>

#include "model/graph.hpp"
#include "train/quantize/float_graph.hpp"

namespace ganglion::train {

/// What quantization does to a model's outputs.
struct QuantizationLoss {
    size_t inputs = 0;
    double signal_to_noise_db = 0;  ///< power of the float outputs over that of the difference
    double largest_difference = 0;  ///< of one output, in real units
    size_t same_class = 0;          ///< inputs whose largest output is the same
    size_t labelled = 0;            ///< inputs whose class is known
    size_t float_right = 0;
    size_t integer_right = 0;

    /// Points of accuracy (percent) lost; negative where some are won. 0 without labels.
    double points_lost() const;
};

/// Runs both over `inputs` (float, one after the other), the integers by the device's own engine.
/// `labels`: none, or the class of each input.
QuantizationLoss quantization_loss(FloatGraph& graph, const model::Graph& quantized,
                                   std::span<const float> inputs, std::span<const uint32_t> labels);

struct PostTraining {
    model::Graph graph;
    bool cut = false;  ///< whether ranges cut at the least error came nearer than whole ones
};

/// Post-training quantization of a float32 graph: folded(), calibrated on `inputs`, with those
/// ranges, whole or cut, whose integer outputs are nearer to the float ones there.
PostTraining quantize_after_training(const model::Graph& graph, std::span<const float> inputs,
                                     bool dense_by_channel = true);

}  // namespace ganglion::train
