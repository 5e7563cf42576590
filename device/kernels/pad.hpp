#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Puts an image [height, width, channels] into a larger one filled with `value`, `top` rows down
/// and `left` columns right. input and output do not overlap.
struct PadOp {
    OpHeader header;
    uint16_t in_height, in_width, channels;
    uint16_t out_height, out_width;
    uint16_t top, left;
    int16_t value;
    uint32_t input, output;  ///< in the arena
};

void pad(const PadOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
