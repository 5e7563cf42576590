#include <algorithm>
#include <stdexcept>

#include "compile/place.hpp"

namespace ganglion::compile {
namespace {

using model::Padding;
using model::Tensor;

/// How one image dimension is slid over.
struct Axis {
    int64_t in, kernel, stride, dilation;
    Padding padding;
};

struct Slide {
    int64_t out, before;  ///< positions, and how far the first reaches over the edge
};

Slide slide(const Place& place, const Axis& axis) {
    if (axis.stride < 1 || axis.dilation < 1 || axis.kernel < 1)
        place.fail("stride, dilation and kernel must be positive");
    const int64_t reach = (axis.kernel - 1) * axis.dilation + 1;
    if (axis.padding == Padding::valid) return {(axis.in - reach + axis.stride) / axis.stride, 0};
    const int64_t out = (axis.in + axis.stride - 1) / axis.stride;
    return {out, std::max<int64_t>((out - 1) * axis.stride + reach - axis.in, 0) / 2};
}

void check_image(const Place& place, const Tensor& tensor) {
    if (tensor.shape.size() != 4)
        place.fail("'" + tensor.name + "' must be [1, height, width, channels]");
    if (tensor.shape[0] != 1) {
        place.fail("batch " + std::to_string(tensor.shape[0]) +
                   "; only 1 is supported: export the model with batch size 1");
    }
}

struct Geometry {
    int64_t kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x;
    Padding padding;
};

/// The window of a convolution or pooling, a folded PAD included. Checks the output's height and
/// width.
Window2d window_of(const Place& place, const Tensor& unpadded, const Geometry& g) {
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    check_image(place, input);
    check_image(place, output);
    const Slide y =
        slide(place, {input.shape[1], g.kernel_height, g.stride_y, g.dilation_y, g.padding});
    const Slide x =
        slide(place, {input.shape[2], g.kernel_width, g.stride_x, g.dilation_x, g.padding});
    if (y.out != output.shape[1] || x.out != output.shape[2]) {
        place.fail("its output is " + std::to_string(output.shape[1]) + "x" +
                   std::to_string(output.shape[2]) + " where kernel, stride and padding give " +
                   std::to_string(y.out) + "x" + std::to_string(x.out));
    }
    const FoldedPad& pad = place.pad();
    return {place.narrow(unpadded.shape[1], "input height"),
            place.narrow(unpadded.shape[2], "input width"),
            place.narrow(unpadded.shape[3], "input channels"),
            place.narrow(y.out, "output height"),
            place.narrow(x.out, "output width"),
            place.narrow(output.shape[3], "output channels"),
            place.narrow(g.kernel_height, "kernel height"),
            place.narrow(g.kernel_width, "kernel width"),
            place.narrow(g.stride_y, "stride"),
            place.narrow(g.stride_x, "stride"),
            place.narrow(g.dilation_y, "dilation"),
            place.narrow(g.dilation_x, "dilation"),
            place.narrow(y.before + pad.top, "padding"),
            place.narrow(x.before + pad.left, "padding")};
}

/// Writes the per-channel table; `sums` are the channels' sums of weights, into whose bias the
/// input's zero point is folded.
ChannelTable channel_table(const Place& place, const Tensor& weights,
                           const std::vector<int64_t>& sums) {
    const auto channels = static_cast<uint32_t>(sums.size());
    const auto& scales = weights.quantization.scales;
    if (scales.size() != 1 && scales.size() != channels)
        place.fail("its weights need one scale, or one a channel");
    const Tensor& input = place.int8_input(0);
    const double in_scale = input.quantization.scales[0];
    const double out_scale = place.int8_output().quantization.scales[0];
    std::vector<int32_t> table = place.bias(2, channels);
    std::vector<uint8_t> shifts;
    std::vector<int32_t> multipliers;
    for (uint32_t i = 0; i < channels; ++i) {
        // Modulo 2^32, as the sums themselves are.
        table[i] =
            static_cast<int32_t>(static_cast<uint32_t>(table[i] - zero_point(input) * sums[i]));
        const double weight_scale = scales[scales.size() == 1 ? 0 : i];
        const Multiplier factor = place.multiplier(in_scale * weight_scale / out_scale);
        multipliers.push_back(factor.multiplier);
        shifts.push_back(static_cast<uint8_t>(factor.shift));
    }
    table.insert(table.end(), multipliers.begin(), multipliers.end());
    const uint32_t offset = place.constants().add(std::span<const int32_t>(table));
    place.constants().add(
        std::span<const uint8_t>(shifts));  // follows directly: the table is whole words
    return {offset};
}

OpHeader header(OpKind kind, size_t bytes) {
    return {kind, static_cast<uint16_t>(bytes)};
}

Operation lower_pool_2d(const Place& place, OpKind kind) {
    const auto& options = place.options<model::Pool2dOptions>();
    Pool2dOp op{};
    op.header = header(kind, sizeof op);
    op.window = window_of(place, place.input(0),
                          {options.filter_height, options.filter_width, options.stride_height,
                           options.stride_width, 1, 1, options.padding});
    const model::Quantization& in = place.int8_input(0).quantization;
    if (in.scales != place.int8_output().quantization.scales ||
        zero_point(place.input(0)) != zero_point(place.output())) {
        place.fail("input and output of a pooling must have the same scale and zero point");
    }
    if (op.window.in_channels != op.window.out_channels)
        place.fail("pooling cannot change the number of channels");
    if (int64_t{options.filter_height} * options.filter_width > kMostTaps)
        place.fail("its window is too large");
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.range = place.range(options.activation);
    return op;
}

}  // namespace

ImagePadding image_padding(const Place& place) {
    const Tensor& paddings = place.input(1);
    const Tensor& input = place.int8_input(0);
    check_image(place, input);
    if (paddings.type != model::TensorType::int32 || !paddings.is_constant() ||
        paddings.data.size() != 32) {
        place.fail("its paddings must be 4x2 constant int32 values");
    }
    const std::span values(reinterpret_cast<const int32_t*>(paddings.data.data()), 8);
    for (int32_t value : values) {
        if (value < 0) place.fail("negative padding");
    }
    if (values[0] != 0 || values[1] != 0 || values[6] != 0 || values[7] != 0) {
        place.fail("only height and width can be padded");
    }
    return {values[2], values[3], values[4], values[5]};
}

Operation lower_conv_2d(const Place& place) {
    const auto& options = place.options<model::Conv2dOptions>();
    const Tensor& weights = place.weights(1, 4);
    const Tensor& input = place.int8_input(0);
    const Geometry geometry{weights.shape[1],     weights.shape[2],        options.stride_height,
                            options.stride_width, options.dilation_height, options.dilation_width,
                            options.padding};
    Conv2dOp op{};
    op.header = header(OpKind::conv_2d, sizeof op);
    op.window = window_of(place, place.unpadded_input(), geometry);
    if (weights.shape[3] != op.window.in_channels || weights.shape[0] != op.window.out_channels) {
        place.fail(
            "its weights do not fit its channels; grouped convolution is not supported: use "
            "DEPTHWISE_CONV_2D");
    }
    const int64_t taps = weights.elements() / weights.shape[0];
    if (taps > kMostTaps)
        place.fail("more than " + std::to_string(kMostTaps) + " weights an output channel");
    std::vector<int64_t> sums(op.window.out_channels);
    for (size_t i = 0; i < weights.data.size(); ++i) {
        sums[i / static_cast<size_t>(taps)] += static_cast<int8_t>(weights.data[i]);
    }
    op.input = static_cast<uint32_t>(place.unpadded_number());
    op.output = static_cast<uint32_t>(place.output_number());
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels = channel_table(place, weights, sums);
    op.range = place.range(options.activation);
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    return op;
}

Operation lower_depthwise_conv_2d(const Place& place) {
    const auto& options = place.options<model::DepthwiseConv2dOptions>();
    const Tensor& weights = place.weights(1, 4);
    const Tensor& input = place.int8_input(0);
    const Geometry geometry{weights.shape[1],     weights.shape[2],        options.stride_height,
                            options.stride_width, options.dilation_height, options.dilation_width,
                            options.padding};
    DepthwiseConv2dOp op{};
    op.header = header(OpKind::depthwise_conv_2d, sizeof op);
    op.window = window_of(place, place.unpadded_input(), geometry);
    if (weights.shape[0] != 1 || weights.shape[3] != op.window.out_channels ||
        op.window.out_channels % op.window.in_channels != 0) {
        place.fail("its weights do not fit its channels");
    }
    if (weights.elements() / op.window.out_channels > kMostTaps)
        place.fail("its kernel is too large");
    std::vector<int64_t> sums(op.window.out_channels);
    for (size_t i = 0; i < weights.data.size(); ++i)
        sums[i % sums.size()] += static_cast<int8_t>(weights.data[i]);
    op.input = static_cast<uint32_t>(place.unpadded_number());
    op.output = static_cast<uint32_t>(place.output_number());
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels = channel_table(place, weights, sums);
    op.range = place.range(options.activation);
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    return op;
}

Operation lower_average_pool_2d(const Place& place) {
    return lower_pool_2d(place, OpKind::average_pool_2d);
}

Operation lower_max_pool_2d(const Place& place) {
    return lower_pool_2d(place, OpKind::max_pool_2d);
}

Operation lower_pad(const Place& place) {
    const ImagePadding padding = image_padding(place);
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    check_image(place, output);
    PadOp op{};
    op.header = header(OpKind::pad, sizeof op);
    op.in_height = place.narrow(input.shape[1], "input height");
    op.in_width = place.narrow(input.shape[2], "input width");
    op.channels = place.narrow(input.shape[3], "channels");
    op.out_height =
        place.narrow(int64_t{input.shape[1]} + padding.top + padding.bottom, "output height");
    op.out_width =
        place.narrow(int64_t{input.shape[2]} + padding.left + padding.right, "output width");
    op.top = place.narrow(padding.top, "padding");
    op.left = place.narrow(padding.left, "padding");
    op.value = static_cast<int16_t>(zero_point(output));
    if (output.shape[1] != op.out_height || output.shape[2] != op.out_width ||
        output.shape[3] != op.channels) {
        place.fail("its output shape does not fit its paddings");
    }
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    return op;
}

}  // namespace ganglion::compile
