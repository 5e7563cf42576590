#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "compile/place.hpp"
#include "device/kernels/fixed_point.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

OpHeader header(OpKind kind, size_t bytes) {
    return {kind, static_cast<uint16_t>(bytes)};
}

uint32_t count_of(const Tensor& tensor) {
    return static_cast<uint32_t>(tensor.elements());
}

void check_probability_output(const Place& place) {
    const Tensor& output = place.int8_output();
    if (output.quantization.scales[0] != 1.0F / 256.0F || zero_point(output) != -128) {
        place.fail(
            "its output must have scale 1/256 and zero point -128, as the int8 specification "
            "demands");
    }
}

/// The operation for a function of one byte: entry i holds its value for the int8 i - 128.
Operation lookup_of(const Place& place, const std::array<uint8_t, 256>& table) {
    LookupOp op{};
    op.header = header(OpKind::lookup, sizeof op);
    op.count = count_of(place.input(0));
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.table = place.constants().add(std::span<const uint8_t>(table));
    return op;
}

/// Output range of an elementwise operator, whose tensors are checked first.
OutputRange checked_range(const Place& place, model::Activation activation) {
    if (place.int8_input(0).elements() != place.int8_output().elements())
        place.fail("input and output must have the same shape");
    return place.range(activation);
}

/// function(value - zero point of the input) for each int8.
template <typename Function>
std::array<uint8_t, 256> table_of(const Place& place, Function function) {
    std::array<uint8_t, 256> table{};
    for (int32_t value = -128; value <= 127; ++value) {
        const auto result = function(value - zero_point(place.input(0)));
        table[static_cast<uint8_t>(value + 128)] = static_cast<uint8_t>(result);
    }
    return table;
}

struct DenseShape {
    uint32_t rows, depth, out;
};

DenseShape dense_shape(const Place& place, const Tensor& weights) {
    const Tensor& input = place.int8_input(0);
    const int64_t depth = weights.shape[1];
    if (depth > kMostTaps) place.fail("more than " + std::to_string(kMostTaps) + " inputs");
    if (input.elements() % depth != 0) {
        place.fail("its input of " + std::to_string(input.elements()) +
                   " values does not divide into rows of " + std::to_string(depth));
    }
    const int64_t rows = input.elements() / depth;
    if (place.int8_output().elements() != rows * weights.shape[0])
        place.fail("its output shape does not fit");
    return {static_cast<uint32_t>(rows), static_cast<uint32_t>(depth),
            static_cast<uint32_t>(weights.shape[0])};
}

/// Bias with the input's zero point folded in, modulo 2^32 as the sums themselves are.
std::vector<int32_t> folded_bias(const Place& place, const Tensor& weights,
                                 const DenseShape& shape) {
    std::vector<int32_t> bias = place.bias(2, shape.out);
    for (uint32_t out = 0; out < shape.out; ++out) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < shape.depth; ++i)
            sum += static_cast<int8_t>(weights.data[size_t{out} * shape.depth + i]);
        bias[out] = static_cast<int32_t>(
            static_cast<uint32_t>(bias[out] - zero_point(place.input(0)) * sum));
    }
    return bias;
}

}  // namespace

Operation lower_fully_connected(const Place& place) {
    const auto& options = place.options<model::FullyConnectedOptions>();
    const Tensor& weights = place.weights(1, 2);
    const DenseShape shape = dense_shape(place, weights);
    if (weights.quantization.scales.size() != 1) {
        place.fail("per-channel weights; use per-tensor weights here, or a 1x1 CONV_2D instead");
    }
    FullyConnectedOp op{};
    op.header = header(OpKind::fully_connected, sizeof op);
    op.rows = shape.rows;
    op.depth = shape.depth;
    op.out = shape.out;
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.bias = place.constants().add(std::span<const int32_t>(folded_bias(place, weights, shape)));
    // The reference rounds this one product to float (for convolutions it does not).
    const float product_scale =
        place.input(0).quantization.scales[0] * weights.quantization.scales[0];
    const Multiplier factor = place.multiplier(static_cast<double>(product_scale) /
                                               place.output().quantization.scales[0]);
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    op.range = place.range(options.activation);
    return op;
}

Operation lower_add(const Place& place) {
    constexpr int kHeadroom = 20;
    const auto& options = place.options<model::AddOptions>();
    const Tensor& first = place.int8_input(0);
    const Tensor& second = place.int8_input(1);
    const Tensor& output = place.int8_output();
    if (first.shape != second.shape || first.shape != output.shape) {
        place.fail(
            "its inputs have different shapes; broadcasting is not supported: make both the same "
            "shape");
    }
    const double common =
        2.0 * std::max(first.quantization.scales[0], second.quantization.scales[0]);
    const auto side = [&](size_t n) {
        const Multiplier factor = place.multiplier(place.input(n).quantization.scales[0] / common);
        return AddOp::Side{static_cast<uint32_t>(place.input_number(n)), zero_point(place.input(n)),
                           factor.multiplier, factor.shift};
    };
    AddOp op{};
    op.header = header(OpKind::add, sizeof op);
    op.count = count_of(output);
    op.first = side(0);
    op.second = side(1);
    op.output = static_cast<uint32_t>(place.output_number());
    const Multiplier factor = place.multiplier(
        common / ((1 << kHeadroom) * static_cast<double>(output.quantization.scales[0])));
    if (factor.shift > 0) place.fail("its output scale is too small for its inputs' scales");
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    op.range = place.range(options.activation);
    return op;
}

Operation lower_softmax(const Place& place) {
    constexpr int kDifferenceBits = 5;
    const auto& options = place.options<model::SoftmaxOptions>();
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    check_probability_output(place);
    if (input.shape.empty() || input.shape != output.shape)
        place.fail("input and output must have the same shape");
    const int32_t depth = input.shape.back();
    if (depth > static_cast<int32_t>(kMostSoftmaxDepth)) {
        place.fail("more than " + std::to_string(kMostSoftmaxDepth) + " classes");
    }
    if (!(options.beta > 0)) place.fail("beta must be positive");
    const double scaled =
        std::min(static_cast<double>(options.beta) * input.quantization.scales[0] *
                     static_cast<double>(1 << (31 - kDifferenceBits)),
                 2147483647.0);
    int exponent = 0;
    const double mantissa = std::frexp(scaled, &exponent);
    auto fixed = static_cast<int64_t>(std::round(mantissa * static_cast<double>(int64_t{1} << 31)));
    if (fixed == int64_t{1} << 31) {
        fixed /= 2;
        ++exponent;
    }
    if (exponent < 0 || exponent > 30) {
        place.fail("its input scale is outside what int8 softmax can express");
    }
    SoftmaxOp op{};
    op.header = header(OpKind::softmax, sizeof op);
    op.rows = count_of(input) / static_cast<uint32_t>(depth);
    op.depth = static_cast<uint32_t>(depth);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = static_cast<int32_t>(fixed);
    op.left_shift = exponent;
    op.difference_minimum = -std::min(input_radius(kDifferenceBits, exponent), 255);
    return op;
}

Operation lower_quantize(const Place& place) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    const auto first_value = [&](const Tensor& tensor) {
        if (tensor.type == model::TensorType::int8) return -128;
        if (tensor.type == model::TensorType::uint8) return 0;
        place.fail("'" + tensor.name + "' is " + model::to_string(tensor.type) +
                   "; only int8 and uint8 are supported: export the model with int8 inputs and "
                   "outputs");
    };
    const int32_t from = first_value(input);
    const int32_t to = first_value(output);
    if (input.is_constant() || input.quantization.scales.size() != 1 ||
        output.quantization.scales.size() != 1 || input.elements() != output.elements()) {
        place.fail("input and output need one scale each and the same shape");
    }
    const Multiplier factor = place.multiplier(static_cast<double>(input.quantization.scales[0]) /
                                               static_cast<double>(output.quantization.scales[0]));
    std::array<uint8_t, 256> table{};
    for (int32_t value = from; value < from + 256; ++value) {
        const int32_t scaled =
            requantize(value - zero_point(input), factor.multiplier, factor.shift);
        const int32_t result = std::clamp(scaled + zero_point(output), to, to + 255);
        table[static_cast<uint8_t>(value) ^ 0x80] = static_cast<uint8_t>(result);
    }
    return lookup_of(place, table);
}

Operation lower_relu(const Place& place) {
    const bool six = place.op().code == model::OperatorCode::relu6;
    const OutputRange range =
        checked_range(place, six ? model::Activation::relu6 : model::Activation::relu);
    const Multiplier factor =
        place.multiplier(static_cast<double>(place.input(0).quantization.scales[0]) /
                         static_cast<double>(place.output().quantization.scales[0]));
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         return to_output(requantize(centred, factor.multiplier, factor.shift),
                                          range);
                     }));
}

Operation lower_leaky_relu(const Place& place) {
    const float alpha = place.options<model::LeakyReluOptions>().alpha;
    const OutputRange range = checked_range(place, model::Activation::none);
    if (!(alpha >= 0.0F && alpha <= 1.0e6F)) place.fail("its slope must not be negative");
    // The reference computes both factors in float.
    const float from = place.input(0).quantization.scales[0];
    const float to = place.output().quantization.scales[0];
    const Multiplier positive = place.multiplier(static_cast<double>(from / to));
    const Multiplier negative = place.multiplier(static_cast<double>(from * alpha / to));
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         const Multiplier& factor = centred >= 0 ? positive : negative;
                         return to_output(requantize(centred, factor.multiplier, factor.shift),
                                          range);
                     }));
}

Operation lower_logistic(const Place& place) {
    constexpr int kInputBits = 4;
    const Tensor& input = place.int8_input(0);
    check_probability_output(place);
    if (input.elements() != place.output().elements())
        place.fail("input and output must have the same shape");
    const Multiplier factor = place.multiplier(static_cast<double>(input.quantization.scales[0]) *
                                               static_cast<double>(1 << (31 - kInputBits)));
    const int32_t radius = input_radius(kInputBits, factor.shift);
    std::array<uint8_t, 256> table{};
    for (int32_t value = -128; value <= 127; ++value) {
        const int32_t centred = value - zero_point(input);
        int32_t result = centred < 0 ? -128 : 127;
        if (centred > -radius && centred < radius) {
            const int32_t scaled = requantize(centred, factor.multiplier, factor.shift);
            const int32_t probability = fixed_point::logistic<kInputBits>(scaled);
            result = std::clamp(rounding_shift_right(probability, 23) - 128, -128, 127);
        }
        const auto index = static_cast<uint8_t>(value + 128);
        table[index] = static_cast<uint8_t>(result);
    }
    return lookup_of(place, table);
}

}  // namespace ganglion::compile
