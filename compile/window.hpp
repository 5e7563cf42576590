#pragma once

#include "compile/place.hpp"

// How convolutions and poolings of every element type slide over an image.

namespace ganglion::compile {

struct Geometry {
    int64_t kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x;
    model::Padding padding;
};

Geometry geometry_of(const model::Tensor& weights, const model::Conv2dOptions& options);
Geometry geometry_of(const model::Tensor& weights, const model::DepthwiseConv2dOptions& options);

/// The window of a convolution or pooling, a folded PAD included. Fails where input and output are
/// not images of one batch or the output's height and width do not fit.
Window2d window_of(const Place& place, const model::Tensor& unpadded, const Geometry& geometry);

/// The window of a pooling of at most `most_pixels`, whose input and output share channels and
/// quantization.
Window2d pool_window(const Place& place, uint32_t most_pixels);

/// The window of a transposed convolution of at most `most_taps` products an output channel.
Window2d transposed_window(const Place& place, const model::Tensor& input,
                           const model::Tensor& weights, uint32_t most_taps);

/// A factor of sums of 64 bits.
struct LongMultiplier {
    int16_t multiplier;  ///< the upper half of a 32-bit multiplier, as the reference rounds it
    int16_t shift;       ///< to the right, in [8, 46]
};
LongMultiplier long_multiplier(const Place& place, const Multiplier& factor);

/// Fails where weights [out, height, width, in of a group] do not fit the window's channels.
void check_weights(const Place& place, const Window2d& window, const model::Tensor& weights);
/// The same for weights [1, height, width, out] of a depthwise convolution.
void check_depthwise_weights(const Place& place, const Window2d& window,
                             const model::Tensor& weights);

}  // namespace ganglion::compile
