#include "train/quantize/quantized_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "train/quantize/float_folding.hpp"
#include "train/quantize/float_operators.hpp"

namespace ganglion::train {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Quantization;
using model::Tensor;
using model::TensorType;

Quantization asymmetric(const TensorRange& range) {
    const float low = std::min(0.0F, range.least);
    const float high = std::max({0.0F, range.greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    return {{scale}, {std::clamp<int64_t>(-128 - std::lrintf(low / scale), -128, 127)}, 0};
}

template <typename Value>
std::vector<uint8_t> bytes_of(const std::vector<Value>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(Value));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// What only moves values, or takes their mean or maximum over a window.
bool keeps_scale(OperatorCode code) {
    return code == OperatorCode::reshape || code == OperatorCode::squeeze ||
           code == OperatorCode::expand_dims || code == OperatorCode::pad ||
           code == OperatorCode::average_pool_2d || code == OperatorCode::max_pool_2d;
}

bool has_weights(OperatorCode code) {
    return code == OperatorCode::conv_2d || code == OperatorCode::depthwise_conv_2d ||
           code == OperatorCode::fully_connected;
}

bool is_elementwise(OperatorCode code) {
    return code == OperatorCode::add || code == OperatorCode::sub || code == OperatorCode::mul;
}

class Quantizer {
  public:
    Quantizer(const Graph& graph, const std::vector<TensorRange>& ranges, bool dense_by_channel)
        : from_(graph),
          ranges_(ranges),
          dense_by_channel_(dense_by_channel),
          is_(graph.tensors.size(), -1) {
        to_.description = graph.description;
    }

    Graph run() {
        for (const int32_t input : from_.inputs) {
            to_.inputs.push_back(computed(input, asymmetric(ranges_[static_cast<size_t>(input)])));
        }
        for (const Operator& op : from_.operators) add(op);
        for (const int32_t output : from_.outputs)
            to_.outputs.push_back(is_[static_cast<size_t>(output)]);
        model::validate(to_);
        return std::move(to_);
    }

  private:
    void add(const Operator& op) {
        Operator now = op;
        if (has_weights(op.code)) {
            now.inputs = weighted_inputs(op);
        } else {
            for (int32_t& input : now.inputs)
                if (input >= 0) input = operand(input);
        }
        const Quantization quantization = of_output(op, now);
        if (op.code == OperatorCode::concatenation) {
            for (int32_t& input : now.inputs) input = rescaled(input, quantization);
        }
        now.outputs = {computed(op.outputs.at(0), quantization)};
        to_.operators.push_back(std::move(now));
    }

    Quantization of_output(const Operator& op, const Operator& now) const {
        if (keeps_scale(op.code)) return at(now.inputs.at(0)).quantization;
        switch (op.code) {
            case OperatorCode::softmax:
            case OperatorCode::logistic:
                return {{1.0F / 256}, {-128}, 0};
            case OperatorCode::tanh:
                return {{1.0F / 128}, {0}, 0};
            default:
                break;
        }
        const bool known =
            has_weights(op.code) || is_elementwise(op.code) || op.code == OperatorCode::mean ||
            op.code == OperatorCode::concatenation || op.code == OperatorCode::leaky_relu ||
            float_function(op.code) != nullptr;
        if (!known) {
            throw std::runtime_error(
                fmt::format("{} has no int8 form here", model::to_string(op.code)));
        }
        return asymmetric(ranges_[static_cast<size_t>(op.outputs.at(0))]);
    }

    const Tensor& at(int32_t tensor) const { return to_.tensors[static_cast<size_t>(tensor)]; }

    int32_t push(Tensor tensor) {
        to_.tensors.push_back(std::move(tensor));
        return static_cast<int32_t>(to_.tensors.size()) - 1;
    }

    int32_t computed(int32_t tensor, const Quantization& quantization) {
        const Tensor& from = from_.tensors[static_cast<size_t>(tensor)];
        const int32_t to = push({from.name, TensorType::int8, from.shape, quantization});
        is_[static_cast<size_t>(tensor)] = to;
        return to;
    }

    /// What an operator reads that is not weights: computed, a constant of real numbers, or axes,
    /// shapes and paddings.
    int32_t operand(int32_t tensor) {
        int32_t& to = is_[static_cast<size_t>(tensor)];
        const Tensor& from = from_.tensors[static_cast<size_t>(tensor)];
        if (to >= 0) return to;
        if (!from.is_constant())
            throw std::runtime_error(fmt::format("'{}' has no value", from.name));
        if (from.type != TensorType::float32) return to = push(from);
        const auto values = real_values(from);
        const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
        const Quantization q = asymmetric({*least, *greatest});
        std::vector<int8_t> steps;
        for (const float value : values) {
            const long step =
                std::lrintf(value / q.scales[0]) + static_cast<long>(q.zero_points[0]);
            steps.push_back(static_cast<int8_t>(std::clamp(step, -128L, 127L)));
        }
        return to = push({from.name, TensorType::int8, from.shape, q, bytes_of(steps)});
    }

    int32_t rescaled(int32_t tensor, const Quantization& wanted) {
        const Tensor from = at(tensor);
        if (from.quantization.scales == wanted.scales &&
            from.quantization.zero_points == wanted.zero_points)
            return tensor;
        const int32_t to = push({from.name + "/rescaled", TensorType::int8, from.shape, wanted});
        to_.operators.push_back({OperatorCode::quantize, {tensor}, {to}, {}, {}});
        return to;
    }

    std::vector<int32_t> weighted_inputs(const Operator& op) {
        const Tensor& from = from_.tensors[static_cast<size_t>(op.inputs.at(1))];
        if (!from.is_constant() || from.shape.empty()) {
            throw std::runtime_error(fmt::format("'{}' must be constant weights", from.name));
        }
        const auto values = real_values(from);
        const bool last = op.code == OperatorCode::depthwise_conv_2d;
        const auto channels = static_cast<size_t>(last ? from.shape.back() : from.shape.front());
        const size_t each = values.size() / channels;
        const auto channel = [&](size_t i) { return last ? i % channels : i / each; };
        std::vector<float> bias(channels, 0.0F);
        if (op.inputs.size() > 2 && op.inputs[2] >= 0)
            bias = real_values(from_.tensors[static_cast<size_t>(op.inputs[2])]);
        const int32_t input = operand(op.inputs[0]);
        const float input_scale = at(input).quantization.scales.at(0);

        std::vector<float> scales(channels, 1e-8F);
        for (size_t i = 0; i < values.size(); ++i)
            scales[channel(i)] = std::max(scales[channel(i)], std::fabs(values[i]) / 127.0F);
        if (op.code == OperatorCode::fully_connected && !dense_by_channel_)
            std::fill(scales.begin(), scales.end(), std::ranges::max(scales));
        std::vector<float> bias_scales;
        std::vector<int32_t> steps;
        for (size_t c = 0; c < channels; ++c) {
            // Weights next to nothing beside a large bias: as fine a scale as the bias allows.
            scales[c] = std::max(scales[c], std::fabs(bias.at(c)) / input_scale / 1.0e9F);
            bias_scales.push_back(input_scale * scales[c]);
            steps.push_back(static_cast<int32_t>(
                std::llrint(bias[c] / (static_cast<double>(input_scale) * scales[c]))));
        }
        const auto scale_of = [&](size_t i) { return scales[scales.size() == 1 ? 0 : channel(i)]; };
        std::vector<int8_t> weights;
        for (size_t i = 0; i < values.size(); ++i) {
            weights.push_back(
                static_cast<int8_t>(std::clamp(std::lrintf(values[i] / scale_of(i)), -127L, 127L)));
        }
        if (std::ranges::all_of(scales, [&](float scale) { return scale == scales[0]; })) {
            scales.resize(1);
            bias_scales.resize(1);
        }
        const std::vector<int64_t> zeros(scales.size(), 0);
        const int32_t axis = last ? static_cast<int32_t>(from.shape.size()) - 1 : 0;
        const int32_t w = push(
            {from.name, TensorType::int8, from.shape, {scales, zeros, axis}, bytes_of(weights)});
        const int32_t b = push({from.name + "/bias",
                                TensorType::int32,
                                {static_cast<int32_t>(channels)},
                                {bias_scales, zeros, 0},
                                bytes_of(steps)});
        return {input, w, b};
    }

    const Graph& from_;
    const std::vector<TensorRange>& ranges_;
    const bool dense_by_channel_;
    std::vector<int32_t> is_;  ///< each tensor's number in the new graph
    Graph to_;
};

}  // namespace

Graph quantized_graph(const Graph& graph, const std::vector<TensorRange>& ranges,
                      bool dense_by_channel) {
    return Quantizer(graph, ranges, dense_by_channel).run();
}

}  // namespace ganglion::train
