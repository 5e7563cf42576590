#pragma once

#include "device/kernels/int16_conv_2d.hpp"

namespace ganglion {

/// As transpose_conv_2d, of int16 activations with int8 weights, zero points 0: input [height,
/// width, in] and output [out height, out width, out] lie at even offsets and do not overlap,
/// weights [out, kernel height, kernel width, in]. kernel height * kernel width * in <= kMostTaps.
struct Int16TransposeConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    Int16ChannelTable channels;
    Int16Range range;
};

void int16_transpose_conv_2d(const Int16TransposeConv2dOp& op, int8_t* arena,
                             const uint8_t* constants);

}  // namespace ganglion
