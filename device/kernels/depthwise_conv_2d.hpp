#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 depthwise convolution. input [height, width, in], weights [kernel height, kernel width,
/// out] with out = in * multiplier; output channel c reads input channel c / multiplier. A tap
/// outside the image counts as input_zero_point. input and output do not overlap. kernel height *
/// kernel width <= kMostTaps.
struct DepthwiseConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;
};

void depthwise_conv_2d(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
