#include <algorithm>
#include <stdexcept>
#include <utility>

#include "compile/channel_table.hpp"
#include "compile/window.hpp"

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

}  // namespace

Window2d window_of(const Place& place, const Tensor& unpadded, const Geometry& g) {
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
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

Geometry geometry_of(const Tensor& weights, const model::Conv2dOptions& options) {
    return {weights.shape[1],     weights.shape[2],        options.stride_height,
            options.stride_width, options.dilation_height, options.dilation_width,
            options.padding};
}

Geometry geometry_of(const Tensor& weights, const model::DepthwiseConv2dOptions& options) {
    return {weights.shape[1],     weights.shape[2],        options.stride_height,
            options.stride_width, options.dilation_height, options.dilation_width,
            options.padding};
}

Window2d pool_window(const Place& place, uint32_t most_pixels) {
    const auto& options = place.options<model::Pool2dOptions>();
    const Window2d window =
        window_of(place, place.unpadded_input(),
                  {options.filter_height, options.filter_width, options.stride_height,
                   options.stride_width, 1, 1, options.padding});
    const model::Quantization& in = place.input(0).quantization;
    if (in.scales != place.output().quantization.scales ||
        zero_point(place.input(0)) != zero_point(place.output())) {
        place.fail("input and output of a pooling must have the same scale and zero point");
    }
    if (window.in_channels != window.out_channels)
        place.fail("pooling cannot change the number of channels");
    if (int64_t{options.filter_height} * options.filter_width > most_pixels)
        place.fail("its window is too large");
    return window;
}

void check_weights(const Place& place, const Window2d& window, const Tensor& weights) {
    const int32_t depth = weights.shape[3];
    if (weights.shape[0] != window.out_channels || window.in_channels % depth != 0 ||
        window.out_channels % (window.in_channels / depth) != 0) {
        place.fail("its weights do not fit its channels");
    }
    if (weights.elements() / weights.shape[0] > kMostTaps)
        place.fail("more than " + std::to_string(kMostTaps) + " weights an output channel");
}

void check_depthwise_weights(const Place& place, const Window2d& window, const Tensor& weights) {
    if (weights.shape[0] != 1 || weights.shape[3] != window.out_channels ||
        window.out_channels % window.in_channels != 0) {
        place.fail("its weights do not fit its channels");
    }
    if (weights.elements() / window.out_channels > kMostTaps) place.fail("its kernel is too large");
}

namespace {

OpHeader header(OpKind kind, size_t bytes) {
    return {kind, static_cast<uint16_t>(bytes)};
}

Operation lower_pool_2d(const Place& place, OpKind kind) {
    (void)place.int8_input(0);
    (void)place.int8_output();
    Pool2dOp op{};
    op.header = header(kind, sizeof op);
    op.window = pool_window(place, kMostTaps);
    op.input = static_cast<uint32_t>(place.unpadded_number());
    op.output = static_cast<uint32_t>(place.output_number());
    op.range = place.range(place.options<model::Pool2dOptions>().activation);
    return op;
}

/// A convolution in groups: input channels in several runs, each seen by its own outputs.
Operation grouped(const Place& place, const Conv2dOp& whole, const Tensor& weights) {
    const Window2d& w = whole.window;
    GroupedConv2dOp op{};
    op.header = header(OpKind::grouped_conv_2d, sizeof op);
    op.window = w;
    op.input = whole.input;
    op.output = whole.output;
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    op.channels = whole.channels;
    op.range = whole.range;
    op.input_zero_point = whole.input_zero_point;
    op.groups = static_cast<uint16_t>(w.in_channels / weights.shape[3]);
    return op;
}

/// As many groups as input channels: a depthwise convolution, whose weights have the channels last.
Operation one_channel_a_group(const Place& place, const Conv2dOp& whole, const Tensor& weights) {
    const size_t channels = whole.window.out_channels;
    const size_t taps = weights.data.size() / channels;
    std::vector<uint8_t> by_tap(weights.data.size());
    for (size_t c = 0; c < channels; ++c) {
        for (size_t tap = 0; tap < taps; ++tap)
            by_tap[tap * channels + c] = weights.data[c * taps + tap];
    }
    DepthwiseConv2dOp op{};
    op.header = header(OpKind::depthwise_conv_2d, sizeof op);
    op.window = whole.window;
    op.input = whole.input;
    op.output = whole.output;
    op.weights = place.constants().add(std::span<const uint8_t>(by_tap));
    op.channels = whole.channels;
    op.range = whole.range;
    op.input_zero_point = whole.input_zero_point;
    return op;
}

}  // namespace

ChannelTable channel_table(const Place& place, const Tensor& weights,
                           const std::vector<int64_t>& sums) {
    const Tensor& input = place.int8_input(0);
    (void)place.int8_output();
    std::vector<int32_t> bias = place.bias(2, static_cast<uint32_t>(sums.size()));
    for (size_t i = 0; i < sums.size(); ++i) {
        // Modulo 2^32, as the sums themselves are.
        bias[i] =
            static_cast<int32_t>(static_cast<uint32_t>(bias[i] - zero_point(input) * sums[i]));
    }
    return add_channel_table(place, std::move(bias), input, weights);
}

Operation lower_conv_2d(const Place& place) {
    const auto& options = place.options<model::Conv2dOptions>();
    const Tensor& weights = place.weights(1, 4);
    const Tensor& input = place.int8_input(0);
    (void)place.int8_output();
    Conv2dOp op{};
    op.header = header(OpKind::conv_2d, sizeof op);
    op.window = window_of(place, place.unpadded_input(), geometry_of(weights, options));
    check_weights(place, op.window, weights);
    const int32_t depth = weights.shape[3];
    const int64_t taps = weights.elements() / weights.shape[0];
    std::vector<int64_t> sums(op.window.out_channels);
    for (size_t i = 0; i < weights.data.size(); ++i) {
        sums[i / static_cast<size_t>(taps)] += static_cast<int8_t>(weights.data[i]);
    }
    op.input = static_cast<uint32_t>(place.unpadded_number());
    op.output = static_cast<uint32_t>(place.output_number());
    op.channels = channel_table(place, weights, sums);
    op.range = place.range(options.activation);
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    if (depth != op.window.in_channels) {
        return depth == 1 ? one_channel_a_group(place, op, weights) : grouped(place, op, weights);
    }
    op.weights = place.constants().add(std::span<const uint8_t>(weights.data));
    return op;
}

Operation lower_depthwise_conv_2d(const Place& place) {
    const auto& options = place.options<model::DepthwiseConv2dOptions>();
    const Tensor& weights = place.weights(1, 4);
    const Tensor& input = place.int8_input(0);
    (void)place.int8_output();
    DepthwiseConv2dOp op{};
    op.header = header(OpKind::depthwise_conv_2d, sizeof op);
    op.window = window_of(place, place.unpadded_input(), geometry_of(weights, options));
    check_depthwise_weights(place, op.window, weights);
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

}  // namespace ganglion::compile
