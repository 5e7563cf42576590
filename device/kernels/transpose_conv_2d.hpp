#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 transposed convolution: input pixel [y, x] times the kernel is added to the output from [y
/// * stride_y - pad_top, x * stride_x - pad_left] on. input [height, width, in], weights [out,
/// kernel height, kernel width, in], output [out height, out width, out]; dilation 1. Output pixels
/// differ in how many products they get, so the channels' bias does not hold the input's zero
/// point. kernel height * kernel width * in <= kMostTransposedTaps. input and output do not
/// overlap.
struct TransposeConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;
};

/// More products of a weight and an int8 less its zero point would overflow a 32-bit sum.
inline constexpr uint32_t kMostTransposedTaps = 65535;

void transpose_conv_2d(const TransposeConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
