#pragma once

#include "device/kernels/conv_2d.hpp"

namespace ganglion {

/// int8 convolution in groups: output channels in `groups` equal runs, each of which sees its own
/// run of in / groups input channels. weights [out, kernel height, kernel width, in / groups].
/// Otherwise as Conv2dOp, without scratch.
struct GroupedConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t groups;  ///< divides both channel counts
};

void grouped_conv_2d(const GroupedConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
