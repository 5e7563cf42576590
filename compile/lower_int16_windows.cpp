#include "compile/window.hpp"

// Operators with weights, and poolings, on int16 activations.

namespace ganglion::compile {
namespace {

using model::Tensor;

void append(std::vector<uint8_t>& bytes, const void* from, size_t count) {
    const auto* first = static_cast<const uint8_t*>(from);
    bytes.insert(bytes.end(), first, first + count);
}

/// The table of Int16ChannelTable. Real factors: what each channel's sums are scaled by.
Int16ChannelTable add_table(const Place& place, const std::vector<double>& factors,
                            const std::vector<int64_t>& biases) {
    std::vector<uint8_t> low, high, multipliers, shifts;
    for (size_t i = 0; i < factors.size(); ++i) {
        const LongMultiplier factor = long_multiplier(place, place.multiplier(factors[i]));
        const auto bias = static_cast<uint64_t>(biases[i]);
        const auto bias_low = static_cast<uint32_t>(bias);
        const auto bias_high = static_cast<uint32_t>(bias >> 32);
        append(low, &bias_low, sizeof bias_low);
        append(high, &bias_high, sizeof bias_high);
        append(multipliers, &factor.multiplier, sizeof factor.multiplier);
        shifts.push_back(static_cast<uint8_t>(factor.shift));
    }
    for (const auto* part : {&high, &multipliers, &shifts}) append(low, part->data(), part->size());
    return {place.constants().add(std::span<const uint8_t>(low))};
}

/// Input scale * weight scale / output scale of each channel. Dense layers with one scale round the
/// product to float, as in int8.
std::vector<double> factors_of(const Place& place, const Tensor& input, const Tensor& weights,
                               size_t channels, bool is_dense) {
    const auto& scales = weights.quantization.scales;
    if (scales.size() != 1 && scales.size() != channels)
        place.fail("its weights need one scale, or one a channel");
    const float in = input.quantization.scales[0];
    const double out = place.output().quantization.scales[0];
    std::vector<double> factors;
    for (size_t i = 0; i < channels; ++i) {
        const float weight = scales[scales.size() == 1 ? 0 : i];
        const double product = is_dense && scales.size() == 1
                                   ? static_cast<double>(in * weight)
                                   : static_cast<double>(in) * static_cast<double>(weight);
        factors.push_back(product / out);
    }
    return factors;
}

/// Which inputs of an operator are what.
struct Operands {
    size_t image, bias;
};
constexpr Operands kImageFirst{0, 2};

/// What the operators with weights share.
template <typename Op>
void set_layer(const Place& place, const Operands& operands, const Tensor& weights,
               model::Activation activation, bool is_dense, Op& op) {
    const uint32_t channels = op.window.out_channels;
    op.output = static_cast<uint32_t>(place.output_number());
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels = add_table(
        place, factors_of(place, place.input(operands.image), weights, channels, is_dense),
        place.long_bias(operands.bias, channels));
    op.range = place.int16_range(activation);
}

void check_activations(const Place& place) {
    (void)place.int16_input(0);
    (void)place.int16_output();
}

Operation lower_pool(const Place& place, OpKind kind) {
    check_activations(place);
    Int16Pool2dOp op{};
    op.header = {kind, sizeof op};
    op.window = pool_window(place, kMostInt16Pixels);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.range = place.int16_range(place.options<model::Pool2dOptions>().activation);
    return op;
}

}  // namespace

LongMultiplier long_multiplier(const Place& place, const Multiplier& factor) {
    constexpr int32_t kLargest = 0x7FFF;
    constexpr int32_t kMostShift = 7;
    if (factor.shift > kMostShift)
        place.fail("its output scale is too small for its inputs' scales");
    const int32_t upper =
        factor.multiplier < kLargest << 16 ? (factor.multiplier + (1 << 15)) >> 16 : kLargest;
    return {static_cast<int16_t>(upper), static_cast<int16_t>(15 - factor.shift)};
}

Operation lower_int16_conv_2d(const Place& place) {
    const auto& options = place.options<model::Conv2dOptions>();
    check_activations(place);
    const Tensor& weights = place.weights(1, 4);
    Int16Conv2dOp op{};
    op.header = {OpKind::int16_conv_2d, sizeof op};
    op.window = window_of(place, place.unpadded_input(), geometry_of(weights, options));
    check_weights(place, op.window, weights);
    op.input = static_cast<uint32_t>(place.unpadded_number());
    op.groups = static_cast<uint16_t>(op.window.in_channels / weights.shape[3]);
    set_layer(place, kImageFirst, weights, options.activation, false, op);
    return op;
}

Operation lower_int16_depthwise_conv_2d(const Place& place) {
    const auto& options = place.options<model::DepthwiseConv2dOptions>();
    check_activations(place);
    const Tensor& weights = place.weights(1, 4);
    Int16DepthwiseConv2dOp op{};
    op.header = {OpKind::int16_depthwise_conv_2d, sizeof op};
    op.window = window_of(place, place.unpadded_input(), geometry_of(weights, options));
    check_depthwise_weights(place, op.window, weights);
    op.input = static_cast<uint32_t>(place.unpadded_number());
    set_layer(place, kImageFirst, weights, options.activation, false, op);
    return op;
}

/// A row is a pixel, and the whole a 1x1 convolution.
Operation lower_int16_fully_connected(const Place& place) {
    const auto& options = place.options<model::FullyConnectedOptions>();
    check_activations(place);
    const Tensor& weights = place.weights(1, 2);
    const int64_t depth = weights.shape[1];
    const int64_t rows = place.input(0).elements() / depth;
    if (place.input(0).elements() % depth != 0 ||
        place.output().elements() != rows * weights.shape[0]) {
        place.fail("its input and output do not fit its weights");
    }
    Int16Conv2dOp op{};
    op.header = {OpKind::int16_conv_2d, sizeof op};
    const uint16_t height = place.narrow(rows, "rows of its input");
    op.window = {height, 1, place.narrow(depth, "inputs"),
                 height, 1, place.narrow(weights.shape[0], "outputs"),
                 1,      1, 1,
                 1,      1, 1,
                 0,      0};
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.groups = 1;
    set_layer(place, kImageFirst, weights, options.activation, true, op);
    return op;
}

Operation lower_int16_average_pool_2d(const Place& place) {
    return lower_pool(place, OpKind::int16_average_pool_2d);
}

Operation lower_int16_max_pool_2d(const Place& place) {
    return lower_pool(place, OpKind::int16_max_pool_2d);
}

Operation lower_int16_transpose_conv(const Place& place) {
    const auto& options = place.options<model::TransposeConvOptions>();
    constexpr Operands kImageThird{2, 3};
    (void)place.int16_input(kImageThird.image);
    (void)place.int16_output();
    const Tensor& weights = place.weights(1, 4);
    Int16TransposeConv2dOp op{};
    op.header = {OpKind::int16_transpose_conv_2d, sizeof op};
    op.window = transposed_window(place, place.input(kImageThird.image), weights, kMostTaps);
    op.input = static_cast<uint32_t>(place.input_number(kImageThird.image));
    set_layer(place, kImageThird, weights, options.activation, false, op);
    return op;
}

}  // namespace ganglion::compile
