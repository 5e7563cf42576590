#include "compile/place.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

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

/// Weights with a scale for each output: a 1x1 convolution over rows.
Operation pointwise(const Place& place, const Tensor& weights, const DenseShape& shape) {
    Conv2dOp op{};
    op.header = {OpKind::conv_2d, sizeof op};
    const uint16_t rows = place.narrow(shape.rows, "rows of its input");
    const uint16_t depth = place.narrow(shape.depth, "inputs to weights with a scale each");
    const uint16_t out = place.narrow(shape.out, "outputs of weights with a scale each");
    op.window = {rows, 1, depth, rows, 1, out, 1, 1, 1, 1, 1, 1, 0, 0};
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    std::vector<int64_t> sums(shape.out);
    for (size_t i = 0; i < weights.data.size(); ++i)
        sums[i / shape.depth] += static_cast<int8_t>(weights.data[i]);
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels = channel_table(place, weights, sums);
    op.range = place.range(place.options<model::FullyConnectedOptions>().activation);
    op.input_zero_point = static_cast<int16_t>(zero_point(place.input(0)));
    return op;
}

}  // namespace

Operation lower_fully_connected(const Place& place) {
    const auto& options = place.options<model::FullyConnectedOptions>();
    const Tensor& weights = place.weights(1, 2);
    const DenseShape shape = dense_shape(place, weights);
    if (weights.quantization.scales.size() != 1) return pointwise(place, weights, shape);
    FullyConnectedOp op{};
    op.header = {OpKind::fully_connected, sizeof op};
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

}  // namespace ganglion::compile
