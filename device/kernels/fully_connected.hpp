#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 matrix product. input [rows, depth], weights [out, depth], output [rows, out]; one
/// multiplier for all outputs. bias[out] int32 holds bias - input zero point * sum of the row's
/// weights. depth <= kMostTaps. input and output do not overlap.
struct FullyConnectedOp {
    OpHeader header;
    uint32_t rows, depth, out;
    uint32_t input, output;  ///< in the arena
    uint32_t weights, bias;  ///< in the constants, 4-byte aligned
    int32_t multiplier;      ///< 0 or in [2^30, 2^31)
    int32_t shift;           ///< [-31, 30]
    OutputRange range;
};

void fully_connected(const FullyConnectedOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
