#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Takes int8 values together along dimensions: input [outer, first, middle, second, inner], output
/// [outer, middle, inner]. input and output do not overlap.
struct ReduceOp {
    OpHeader header;
    uint32_t outer, first, middle, second, inner;
    uint32_t input, output;  ///< in the arena
    int32_t multiplier;      ///< [0, 2^31)
    int32_t shift;           ///< [-31, 30]
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;
};

/// A sum over more int8 values could overflow 32 bits.
inline constexpr uint32_t kMostSummands = 1U << 23;

/// Sum of (value - input zero point) over `first` and `second`, at most kMostSummands, times the
/// multiplier: SUM, or MEAN where the multiplier holds the division too.
void reduce_sum(const ReduceOp& op, int8_t* arena, const uint8_t* constants);
/// The largest and smallest value; input and output share their quantization.
void reduce_maximum(const ReduceOp& op, int8_t* arena, const uint8_t* constants);
void reduce_minimum(const ReduceOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
