#include "compile/passes/channels.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "compile/passes/fold_constants.hpp"
#include "compile/quantization.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;
using model::TensorType;

const Tensor& tensor(const Graph& graph, int32_t number) {
    return graph.tensors[number];
}

bool is_plain_activation(const Tensor& tensor) {
    return tensor.type == TensorType::int8 && !tensor.is_constant() && !tensor.shape.empty() &&
           tensor.quantization.scales.size() == 1 && tensor.quantization.zero_points.size() == 1;
}

bool has_plain_weights(const Graph& graph, const Operator& op, size_t rank) {
    if (op.inputs.size() != 3 || op.inputs[1] < 0 || op.inputs[2] < 0) return false;
    const Tensor& weights = tensor(graph, op.inputs[1]);
    const Tensor& bias = tensor(graph, op.inputs[2]);
    const Tensor& output = tensor(graph, op.outputs[0]);
    const auto& zeros = weights.quantization.zero_points;
    const size_t scales = weights.quantization.scales.size();
    const uint32_t out = channels_of(output);
    return weights.type == TensorType::int8 && weights.is_constant() &&
           weights.shape.size() == rank && bias.type == TensorType::int32 && bias.is_constant() &&
           bias.data.size() == 4 * size_t{out} && (scales == 1 || scales == out) &&
           std::all_of(zeros.begin(), zeros.end(), [](int64_t zero) { return zero == 0; });
}

/// Everything but the channels is one position.
bool is_flat(const Tensor& tensor) {
    return tensor.elements() == static_cast<int64_t>(channels_of(tensor));
}

struct Range {
    int64_t low = 0, high = 0;
    void add(int64_t a, int64_t b) {
        low += std::min(a, b);
        high += std::max(a, b);
    }
};

/// The scale and clamp of an operator's outputs.
class Outputs {
  public:
    Outputs(const Graph& graph, const Operator& op, model::Activation activation)
        : input_(tensor(graph, op.inputs[0])),
          weights_(tensor(graph, op.inputs[1])),
          output_(tensor(graph, op.outputs[0])),
          is_dense_(op.code == OperatorCode::fully_connected),
          range_(output_range(activation, output_.quantization.scales[0],
                              static_cast<int32_t>(output_.quantization.zero_points[0]))) {}

    /// The one value that all sums in a range give; empty where they give several.
    std::optional<int32_t> value(uint32_t channel, const Range& sums) const {
        if (sums.low < INT32_MIN || sums.high > INT32_MAX) return std::nullopt;
        const auto& scales = weights_.quantization.scales;
        const float weight_scale = scales[scales.size() == 1 ? 0 : channel];
        const float in_scale = input_.quantization.scales[0];
        // As lowering computes them: dense layers with one scale round the product to float.
        const double product = is_dense_ && scales.size() == 1
                                   ? static_cast<double>(in_scale * weight_scale)
                                   : static_cast<double>(in_scale) * weight_scale;
        const Multiplier factor =
            quantize_multiplier(product / static_cast<double>(output_.quantization.scales[0]));
        if (factor.shift > 0) return std::nullopt;
        const auto at = [&](int64_t sum) -> int32_t {
            return to_output(requantize(static_cast<int32_t>(sum), factor.multiplier, factor.shift),
                             range_);
        };
        const int32_t low = at(sums.low);
        return low == at(sums.high) ? std::optional<int32_t>(low) : std::nullopt;
    }

  private:
    const Tensor& input_;
    const Tensor& weights_;
    const Tensor& output_;
    bool is_dense_;
    OutputRange range_;
};

int32_t bias_of(const Graph& graph, const Operator& op, uint32_t channel) {
    int32_t bias = 0;
    std::memcpy(&bias, tensor(graph, op.inputs[2]).data.data() + size_t{4} * channel, sizeof bias);
    return bias;
}

/// What weight * (input - zero point) may be; outside the image it is 0.
void add_product(Range& sums, int32_t weight, const std::optional<int32_t>& input, int64_t zero,
                 bool padded) {
    if (!input) {
        sums.add(int64_t{weight} * (-128 - zero), int64_t{weight} * (127 - zero));
    } else {
        const int64_t product = int64_t{weight} * (*input - zero);
        sums.add(product, padded ? 0 : product);
    }
}

model::Activation activation_of(const Operator& op) {
    if (const auto* options = std::get_if<model::Conv2dOptions>(&op.options))
        return options->activation;
    if (const auto* options = std::get_if<model::DepthwiseConv2dOptions>(&op.options))
        return options->activation;
    return std::get<model::FullyConnectedOptions>(op.options).activation;
}

ChannelValues of_convolution(const Graph& graph, const Operator& op, const ChannelValues& input) {
    const Outputs outputs(graph, op, activation_of(op));
    const auto zero = static_cast<int32_t>(tensor(graph, op.inputs[0]).quantization.zero_points[0]);
    const bool padded = reads_padding(graph, op);
    ChannelValues values(channels_of(tensor(graph, op.outputs[0])));
    for (uint32_t o = 0; o < values.size(); ++o) {
        Range sums{bias_of(graph, op, o), bias_of(graph, op, o)};
        if (op.code == OperatorCode::depthwise_conv_2d) {
            const Tensor& weights = tensor(graph, op.inputs[1]);
            for (size_t i = o; i < weights.data.size(); i += values.size()) {
                add_product(sums, static_cast<int8_t>(weights.data[i]), input[o], zero, padded);
            }
        } else {
            const MixingWeights weights = mixing_weights(graph, op);
            for (uint32_t tap = 0; tap < weights.taps; ++tap) {
                for (uint32_t i = 0; i < weights.in; ++i)
                    add_product(sums, weights.at(o, tap, i), input[i], zero, padded);
            }
        }
        values[o] = outputs.value(o, sums);
    }
    return values;
}

/// Functions of single values.
bool is_function(OperatorCode code) {
    return code == OperatorCode::relu || code == OperatorCode::relu6 ||
           code == OperatorCode::relu_n1_to_1 || code == OperatorCode::leaky_relu ||
           code == OperatorCode::logistic || code == OperatorCode::tanh ||
           code == OperatorCode::hard_swish || code == OperatorCode::quantize;
}

/// What an operator on single elements makes of channels that are known in all of its inputs.
ChannelValues of_elements(const Graph& graph, const Operator& op,
                          const std::vector<ChannelValues>& inputs) {
    ChannelValues values(inputs[0].size());
    const auto is_known = [&](size_t c) {
        return std::all_of(inputs.begin(), inputs.end(),
                           [&](const auto& of) { return of[c].has_value(); });
    };
    bool any = false;
    for (size_t c = 0; c < values.size(); ++c) any |= is_known(c);
    if (!any) return values;
    Graph known = graph;  // its inputs one row of constants, 0 where they are not known
    const auto channels = static_cast<int32_t>(values.size());
    for (size_t n = 0; n < op.inputs.size(); ++n) {
        Tensor& row = known.tensors[op.inputs[n]];
        row.shape = {1, channels};
        row.data.clear();
        for (const auto& value : inputs[n])
            row.data.push_back(static_cast<uint8_t>(value.value_or(0)));
    }
    known.tensors[op.outputs[0]].shape = {1, channels};
    try {
        const std::vector<uint8_t> results = computed(known, op).at(0);
        for (size_t c = 0; c < values.size(); ++c) {
            if (is_known(c)) values[c] = static_cast<int8_t>(results.at(c));
        }
    } catch (const std::runtime_error&) {
        return ChannelValues(values.size());  // lowering says what is wrong with it
    }
    return values;
}

ChannelValues stacked(const Operator& op, const std::vector<ChannelValues>& values) {
    ChannelValues all;
    for (int32_t input : op.inputs)
        all.insert(all.end(), values[input].begin(), values[input].end());
    return all;
}

/// Inputs and output are alike, but for the channels.
bool stacks_channels(const Graph& graph, const Operator& op) {
    const auto* options = std::get_if<model::ConcatenationOptions>(&op.options);
    const Tensor& output = tensor(graph, op.outputs[0]);
    const auto last = static_cast<int32_t>(output.shape.size()) - 1;
    if (options == nullptr || (options->axis != last && options->axis != -1)) return false;
    uint32_t channels = 0;
    for (int32_t number : op.inputs) {
        if (number < 0 || !is_plain_activation(tensor(graph, number))) return false;
        const Tensor& input = tensor(graph, number);
        if (input.quantization.scales != output.quantization.scales ||
            input.quantization.zero_points != output.quantization.zero_points) {
            return false;
        }
        channels += channels_of(input);
    }
    return channels == channels_of(output);
}

}  // namespace

uint32_t channels_of(const Tensor& tensor) {
    return tensor.shape.empty() ? 1 : static_cast<uint32_t>(tensor.shape.back());
}

ChannelRole channel_role(const Graph& graph, const Operator& op) {
    if (op.inputs.empty() || op.inputs[0] < 0 || op.outputs.size() != 1) return ChannelRole::opaque;
    const Tensor& input = tensor(graph, op.inputs[0]);
    const Tensor& output = tensor(graph, op.outputs[0]);
    if (!is_plain_activation(input) || !is_plain_activation(output)) return ChannelRole::opaque;
    const uint32_t in = channels_of(input);
    const uint32_t out = channels_of(output);
    const auto weights_shape = [&](size_t n) {
        return static_cast<uint32_t>(tensor(graph, op.inputs[1]).shape[n]);
    };
    switch (op.code) {
        case OperatorCode::conv_2d:
            return std::holds_alternative<model::Conv2dOptions>(op.options) &&
                           input.shape.size() == 4 && output.shape.size() == 4 &&
                           has_plain_weights(graph, op, 4) && weights_shape(0) == out &&
                           weights_shape(3) == in
                       ? ChannelRole::mixes
                       : ChannelRole::opaque;
        case OperatorCode::fully_connected:
            return std::holds_alternative<model::FullyConnectedOptions>(op.options) &&
                           has_plain_weights(graph, op, 2) && is_flat(input) && is_flat(output) &&
                           weights_shape(0) == out && weights_shape(1) == in
                       ? ChannelRole::mixes
                       : ChannelRole::opaque;
        case OperatorCode::depthwise_conv_2d:
            return std::holds_alternative<model::DepthwiseConv2dOptions>(op.options) &&
                           input.shape.size() == 4 && output.shape.size() == 4 &&
                           has_plain_weights(graph, op, 4) && in == out && weights_shape(3) == out
                       ? ChannelRole::separate
                       : ChannelRole::opaque;
        case OperatorCode::average_pool_2d:
        case OperatorCode::max_pool_2d:
            return in == out ? ChannelRole::separate : ChannelRole::opaque;
        case OperatorCode::reshape:
        case OperatorCode::squeeze:
        case OperatorCode::expand_dims:
            return in == out && is_flat(input) && is_flat(output) ? ChannelRole::separate
                                                                  : ChannelRole::opaque;
        case OperatorCode::add:
        case OperatorCode::sub:
        case OperatorCode::mul:
            return op.inputs.size() == 2 && op.inputs[1] >= 0 &&
                           is_plain_activation(tensor(graph, op.inputs[1])) &&
                           input.shape == tensor(graph, op.inputs[1]).shape &&
                           input.shape == output.shape
                       ? ChannelRole::pairs
                       : ChannelRole::opaque;
        case OperatorCode::concatenation:
            return stacks_channels(graph, op) ? ChannelRole::stacks : ChannelRole::opaque;
        default:
            if (is_function(op.code) && input.shape == output.shape) return ChannelRole::separate;
            return ChannelRole::opaque;
    }
}

bool reads_padding(const Graph& graph, const Operator& op) {
    if (op.code == OperatorCode::fully_connected) return false;
    const auto reaches_over = [&](const auto& options) {
        const Tensor& input = tensor(graph, op.inputs[0]);
        const Tensor& output = tensor(graph, op.outputs[0]);
        const Tensor& weights = tensor(graph, op.inputs[1]);
        const auto reach = [&](size_t axis, int64_t stride, int64_t dilation) {
            return (output.shape[axis] - 1) * stride + (weights.shape[axis] - 1) * dilation + 1;
        };
        return reach(1, options.stride_height, options.dilation_height) > input.shape[1] ||
               reach(2, options.stride_width, options.dilation_width) > input.shape[2];
    };
    if (const auto* options = std::get_if<model::Conv2dOptions>(&op.options))
        return reaches_over(*options);
    return reaches_over(std::get<model::DepthwiseConv2dOptions>(op.options));
}

MixingWeights mixing_weights(const Graph& graph, const Operator& op) {
    const Tensor& weights = tensor(graph, op.inputs[1]);
    const auto out = static_cast<uint32_t>(weights.shape.front());
    const auto in = static_cast<uint32_t>(weights.shape.back());
    const auto taps = static_cast<uint32_t>(weights.elements() / (int64_t{out} * in));
    return {reinterpret_cast<const int8_t*>(weights.data.data()), out, taps, in};
}

ChannelValues constant_channels(const Graph& graph, const Operator& op,
                                const std::vector<ChannelValues>& values) {
    ChannelValues unknown(channels_of(tensor(graph, op.outputs[0])));
    const ChannelRole role = channel_role(graph, op);
    if (role == ChannelRole::opaque) return unknown;
    const ChannelValues& input = values[op.inputs[0]];
    if (op.code == OperatorCode::average_pool_2d || op.code == OperatorCode::max_pool_2d) {
        const auto* options = std::get_if<model::Pool2dOptions>(&op.options);
        const bool clamps = options == nullptr || options->activation != model::Activation::none;
        return clamps ? unknown : input;
    }
    if (role == ChannelRole::stacks) return stacked(op, values);
    if (role == ChannelRole::pairs || is_function(op.code)) {
        std::vector<ChannelValues> inputs;
        for (int32_t number : op.inputs) inputs.push_back(values[number]);
        return of_elements(graph, op, inputs);
    }
    if (role == ChannelRole::separate && op.code != OperatorCode::depthwise_conv_2d) return input;
    try {
        return of_convolution(graph, op, input);
    } catch (const std::runtime_error&) {
        return unknown;  // lowering says what is wrong with its scales
    }
}

}  // namespace ganglion::compile
