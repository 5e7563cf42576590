#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Offset in a program's constants of a layer's per-channel table for `channels` output channels of
/// int16, whose sums have 64 bits:
///   uint32_t bias_low[channels], int32_t bias_high[channels]   the halves of the bias
///   int16_t  multiplier[channels]  the upper half of a 32-bit multiplier, to nearest: 0 or [2^14,
///                                  2^15)
///   int8_t   shift[channels]       to the right, in [8, 46]
/// The offset is a multiple of 4, each bias in [-kMostInt16Bias, kMostInt16Bias]. Output = (sum of
/// products + bias) * multiplier / 2^shift, rounded once, ties up.
struct Int16ChannelTable {
    uint32_t offset;
};

constexpr uint32_t int16_channel_table_bytes(uint32_t channels) {
    return 11 * channels;
}

/// With kMostTaps products the sum stays below 2^47, its product with a multiplier in 64 bits.
inline constexpr int64_t kMostInt16Bias = int64_t{1} << 46;

/// Convolution of int16 activations with int8 weights, in `groups` of input channels, each seen by
/// its own run of outputs: CONV_2D, FULLY_CONNECTED (a row is a pixel). input [height, width, in],
/// weights [out, kernel height, kernel width, in / groups]. A tap outside the image counts as 0.
/// kernel height * kernel width * in / groups <= kMostTaps. input and output do not overlap and lie
/// at even offsets.
struct Int16Conv2dOp {
    static constexpr uint32_t element_bytes = 2;
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    Int16ChannelTable channels;
    Int16Range range;
    uint16_t groups;
    uint16_t reserved;
};

void int16_conv_2d(const Int16Conv2dOp& op, int8_t* arena, const uint8_t* constants);

/// Depthwise convolution of int16 activations with int8 weights [kernel height, kernel width, out],
/// out = in * multiplier; output channel c reads input channel c / multiplier. Else as
/// int16_conv_2d.
struct Int16DepthwiseConv2dOp {
    static constexpr uint32_t element_bytes = 2;
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    Int16ChannelTable channels;
    Int16Range range;
};

void int16_depthwise_conv_2d(const Int16DepthwiseConv2dOp& op, int8_t* arena,
                             const uint8_t* constants);

}  // namespace ganglion
