#include "train/evaluate/post_training.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "train/evaluate/integer_model.hpp"
#include "train/quantize/float_folding.hpp"
#include "train/quantize/quantized_graph.hpp"

namespace ganglion::train {
namespace {

size_t largest_of(std::span<const float> values) {
    return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// As the caller of the quantized model would: to steps of its input's scale.
std::vector<int8_t> in_steps(std::span<const float> input, const model::Tensor& tensor) {
    const float scale = tensor.quantization.scales.at(0);
    const auto zero = static_cast<float>(tensor.quantization.zero_points.at(0));
    std::vector<int8_t> steps;
    for (const float value : input) {
        steps.push_back(
            static_cast<int8_t>(std::clamp(std::nearbyint(value / scale) + zero, -128.0F, 127.0F)));
    }
    return steps;
}

}  // namespace

double QuantizationLoss::points_lost() const {
    if (labelled == 0) return 0;
    return 100 * (static_cast<double>(float_right) - static_cast<double>(integer_right)) /
           static_cast<double>(labelled);
}

QuantizationLoss quantization_loss(FloatGraph& graph, const model::Graph& quantized,
                                   std::span<const float> inputs,
                                   std::span<const uint32_t> labels) {
    IntegerModel integer(quantized);
    const auto& border = quantized.tensors[static_cast<size_t>(quantized.inputs.at(0))];
    const size_t size = graph.input_values();
    QuantizationLoss loss;
    double signal = 0;
    double noise = 0;
    for (size_t at = 0; at + size <= inputs.size(); at += size) {
        const auto input = inputs.subspan(at, size);
        const auto exact = graph.run(input);
        const auto given = integer.run(in_steps(input, border));
        for (size_t i = 0; i < given.size(); ++i) {
            const double difference = std::fabs(static_cast<double>(exact[i]) - given[i]);
            signal += static_cast<double>(exact[i]) * exact[i];
            noise += difference * difference;
            loss.largest_difference = std::max(loss.largest_difference, difference);
        }
        if (largest_of(exact) == largest_of(given)) ++loss.same_class;
        if (loss.inputs < labels.size()) {
            ++loss.labelled;
            const uint32_t truth = labels[loss.inputs];
            if (largest_of(exact) == truth) ++loss.float_right;
            if (largest_of(given) == truth) ++loss.integer_right;
        }
        ++loss.inputs;
    }
    loss.signal_to_noise_db =
        noise > 0 ? 10 * std::log10(signal / noise) : std::numeric_limits<double>::infinity();
    return loss;
}

PostTraining quantize_after_training(const model::Graph& graph, std::span<const float> inputs,
                                     bool dense_by_channel) {
    FloatGraph exact(folded(graph));
    const auto ranges = calibrated_ranges(exact, inputs);
    PostTraining whole{quantized_graph(exact.graph(), ranges.whole, dense_by_channel), false};
    PostTraining cut{quantized_graph(exact.graph(), ranges.cut, dense_by_channel), true};
    const auto noise = [&](const PostTraining& one) {
        return quantization_loss(exact, one.graph, inputs, {}).signal_to_noise_db;
    };
    return noise(cut) > noise(whole) ? cut : whole;
}

}  // namespace ganglion::train
