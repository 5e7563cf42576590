#include <algorithm>

#include "compile/channel_table.hpp"
#include "compile/window.hpp"

namespace ganglion::compile {
namespace {

using model::Padding;
using model::Tensor;

constexpr size_t kWeights = 1;
constexpr size_t kImage = 2;
constexpr size_t kBias = 3;

/// How far the first output pixel lies inside the kernel at the first input pixel: as the
/// convolution from output to input pads.
int64_t padding_before(const Place& place, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                       Padding padding) {
    if (stride < 1 || kernel < 1) place.fail("stride and kernel must be positive");
    const bool same = padding == Padding::same;
    const int64_t expected = same ? (out + stride - 1) / stride : (out - kernel + stride) / stride;
    if (in != expected) {
        place.fail("its output of " + std::to_string(out) + " pixels needs an input of " +
                   std::to_string(expected) + " where it has " + std::to_string(in));
    }
    return same ? std::max<int64_t>((in - 1) * stride + kernel - out, 0) / 2 : 0;
}

}  // namespace

Window2d transposed_window(const Place& place, const Tensor& input, const Tensor& weights,
                           uint32_t most_taps) {
    const auto& options = place.options<model::TransposeConvOptions>();
    const Tensor& output = place.output();
    for (const Tensor* image : {&input, &output}) {
        if (image->shape.size() != 4 || image->shape[0] != 1) {
            place.fail(
                "'" + image->name +
                "' must be [1, height, width, channels]: export the model with batch size 1");
        }
    }
    if (weights.shape[0] != output.shape[3] || weights.shape[3] != input.shape[3])
        place.fail("its weights do not fit its channels");
    if (weights.elements() / weights.shape[0] > most_taps)
        place.fail("more than " + std::to_string(most_taps) + " weights an output channel");
    const int64_t top = padding_before(place, input.shape[1], output.shape[1], weights.shape[1],
                                       options.stride_height, options.padding);
    const int64_t left = padding_before(place, input.shape[2], output.shape[2], weights.shape[2],
                                        options.stride_width, options.padding);
    return {place.narrow(input.shape[1], "input height"),
            place.narrow(input.shape[2], "input width"),
            place.narrow(input.shape[3], "input channels"),
            place.narrow(output.shape[1], "output height"),
            place.narrow(output.shape[2], "output width"),
            place.narrow(output.shape[3], "output channels"),
            place.narrow(weights.shape[1], "kernel height"),
            place.narrow(weights.shape[2], "kernel width"),
            place.narrow(options.stride_height, "stride"),
            place.narrow(options.stride_width, "stride"),
            1,
            1,
            place.narrow(top, "padding"),
            place.narrow(left, "padding")};
}

Operation lower_transpose_conv(const Place& place) {
    const auto& options = place.options<model::TransposeConvOptions>();
    const Tensor& weights = place.weights(kWeights, 4);
    const Tensor& input = place.int8_input(kImage);
    (void)place.int8_output();
    TransposeConv2dOp op{};
    op.header = {OpKind::transpose_conv_2d, sizeof op};
    op.window = transposed_window(place, input, weights, kMostTransposedTaps);
    op.input = static_cast<uint32_t>(place.input_number(kImage));
    op.output = static_cast<uint32_t>(place.output_number());
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels =
        add_channel_table(place, place.bias(kBias, op.window.out_channels), input, weights);
    op.range = place.range(options.activation);
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    return op;
}

}  // namespace ganglion::compile
