#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 pooling, input and output in the same quantization; out channels = in channels. Positions
/// outside the image do not take part; every window must hold at least one position inside.
/// Averages round half away from zero. range.zero_point is not used. input and output do not
/// overlap.
struct Pool2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    OutputRange range;
};

void average_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t* constants);
void max_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
