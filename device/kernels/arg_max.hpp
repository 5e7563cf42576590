#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Index of the largest (or smallest) of `depth` int8 values, the first of equals: input [outer,
/// depth, inner], output int32 [outer, inner] at a multiple of 4. input and output do not overlap.
struct ArgMaxOp {
    OpHeader header;
    uint32_t outer, depth, inner;
    uint32_t input, output;  ///< in the arena
};

void arg_max(const ArgMaxOp& op, int8_t* arena, const uint8_t* constants);
void arg_min(const ArgMaxOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
