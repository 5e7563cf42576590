#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "train/quantize/shapes.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/quantize/weight_steps.hpp"

namespace ganglion::train {
namespace {

float square(float x) {
    return x * x;
}

std::vector<float> run_layer(const FoldedLayer& layer, const std::vector<float>& in, Shape shape) {
    const Shape to = output_shape(layer, shape);
    const auto out = static_cast<size_t>(layer.out);
    const auto values = static_cast<size_t>(shape.values);
    std::vector<float> result(static_cast<size_t>(to.time) * out);
    const size_t per_channel = weight_count(layer) / out;
    for (size_t t = 0; t < static_cast<size_t>(to.time); ++t) {
        const float* window = in.data() + t * static_cast<size_t>(layer.stride) * values;
        for (size_t c = 0; c < out; ++c) {
            float sum = layer.bias[c];
            if (layer.kind == LayerKind::distances) {
                for (size_t k = c * per_channel; k < (c + 1) * per_channel; ++k)
                    sum -=
                        layer.factors[k] * square(window[k - c * per_channel] - layer.weights[k]);
            } else if (layer.kind == LayerKind::depthwise) {
                for (size_t k = 0; k < per_channel; ++k)
                    sum += layer.weights[k * out + c] * window[k * values + c];
            } else {
                const float* weights = layer.weights.data() + c * per_channel;
                for (size_t k = 0; k < per_channel; ++k) sum += weights[k] * window[k];
            }
            result[t * out + c] = sum;
        }
    }
    return result;
}

/// What each layer gives.
struct LayerOutputs {
    /// The addition of an earlier one, or what a recurrent layer names; else empty.
    std::vector<std::vector<float>> before;
    std::vector<std::vector<float>> value;  ///< after the activation; recurrent: at each moment
    std::vector<std::vector<float>> after;  ///< what the next layer sees: softmax done
};

LayerOutputs run_layers(const FoldedNetwork& network, const std::vector<float>& input) {
    LayerOutputs outputs;
    Shape shape{network.frames, network.values};
    for (const auto& layer : network.layers) {
        const auto& in = outputs.after.empty() ? input : outputs.after.back();
        if (is_recurrent(layer)) {
            auto states = run_recurrent(layer, in);
            outputs.after.emplace_back(states.hidden.end() - layer.out, states.hidden.end());
            outputs.before.push_back(std::move(states.before));
            outputs.value.push_back(std::move(states.hidden));
            shape = output_shape(layer, shape);
            continue;
        }
        auto value = run_layer(layer, in, shape);
        outputs.before.emplace_back();
        if (layer.adds >= 0) {
            outputs.before.back() = value;
            const auto& earlier = outputs.after[static_cast<size_t>(layer.adds)];
            const size_t first = earlier.size() - value.size();
            for (size_t i = 0; i < value.size(); ++i) value[i] += earlier[first + i];
        }
        if (layer.relu)
            for (float& one : value) one = std::max(0.0F, one);
        outputs.value.push_back(value);
        if (layer.exponential)
            for (float& one : value) one = std::exp(one);
        if (layer.softmax) apply_softmax(value);
        outputs.after.push_back(std::move(value));
        shape = output_shape(layer, shape);
    }
    return outputs;
}

/// The range of the values but for the outermost share on either side.
void set_range(std::vector<float>& values, double outside, float& least, float& greatest) {
    const auto cut = static_cast<ptrdiff_t>(static_cast<double>(values.size()) * outside);
    std::nth_element(values.begin(), values.begin() + cut, values.end());
    least = values[static_cast<size_t>(cut)];
    std::nth_element(values.begin(), values.end() - 1 - cut, values.end());
    greatest = *(values.end() - 1 - cut);
}

/// Beyond this much less than the largest, e^x is nothing in 256 steps.
constexpr float kNothing = 8;
/// Of logarithms behind softmax: a step of at most 1.
constexpr float kLogarithms = 255;

void see_distances(FoldedLayer& layer, const std::vector<float>& in) {
    for (size_t k = 0; k < layer.weights.size(); ++k) {
        const float difference = square(in[k % in.size()] - layer.weights[k]);
        layer.most_square = std::max(layer.most_square, difference);
        layer.most_weighted = std::max(layer.most_weighted, layer.factors[k] * difference);
    }
}

/// What is so far away that it counts for nothing does not stretch the ranges.
void limit_distances(FoldedLayer& layer) {
    layer.least =
        std::max(layer.least, layer.greatest - (layer.exponential ? kNothing : kLogarithms));
    const float most_bias = *std::max_element(layer.bias.begin(), layer.bias.end());
    layer.most_sum = std::max(most_bias - layer.least, 1e-6F);
    layer.most_weighted = std::min(layer.most_weighted, layer.most_sum);
    const float least_factor = *std::min_element(layer.factors.begin(), layer.factors.end());
    if (least_factor > 0)
        layer.most_square = std::min(layer.most_square, layer.most_sum / least_factor);
}

}  // namespace

void apply_softmax(std::vector<float>& values) {
    const float top = *std::max_element(values.begin(), values.end());
    float sum = 0;
    for (float& value : values) sum += value = std::exp(value - top);
    for (float& value : values) value /= sum;
}

std::vector<float> run_float(const FoldedNetwork& network, std::vector<float> input) {
    return network.layers.empty() ? input : run_layers(network, input).after.back();
}

void calibrate(FoldedNetwork& network, const std::vector<int8_t>& inputs, double outside) {
    const size_t size = static_cast<size_t>(network.frames) * static_cast<size_t>(network.values);
    const size_t count = size == 0 ? 0 : inputs.size() / size;
    if (count == 0)
        throw std::runtime_error(network.name + ": no data to calibrate quantization on");
    std::vector<std::vector<float>> seen(network.layers.size());
    std::vector<std::vector<float>> seen_before(network.layers.size());
    for (size_t n = 0; n < count; ++n) {
        std::vector<float> value(size);
        for (size_t i = 0; i < size; ++i) {
            value[i] = static_cast<float>(inputs[n * size + i]) * network.input_scale;
        }
        const auto outputs = run_layers(network, value);
        for (size_t i = 0; i < network.layers.size(); ++i) {
            if (network.layers[i].kind == LayerKind::distances)
                see_distances(network.layers[i], i == 0 ? value : outputs.after[i - 1]);
            const auto& now = outputs.value[i];
            seen[i].insert(seen[i].end(), now.begin(), now.end());
            const auto& before = outputs.before[i];
            seen_before[i].insert(seen_before[i].end(), before.begin(), before.end());
        }
    }
    for (size_t i = 0; i < network.layers.size(); ++i) {
        auto& layer = network.layers[i];
        set_range(seen[i], outside, layer.least, layer.greatest);
        if (layer.kind == LayerKind::distances) limit_distances(layer);
        if (layer.adds >= 0 || is_recurrent(layer))
            set_range(seen_before[i], outside, layer.least_before, layer.greatest_before);
    }
}

}  // namespace ganglion::train
