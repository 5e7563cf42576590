#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// As ReduceOp, on int16 with zero points 0: input [outer, first, middle, second, inner], output
/// [outer, middle, inner], at even offsets that do not overlap. Maximum and minimum have no
/// multiplier.
struct Int16ReduceOp {
    OpHeader header;
    uint32_t outer, first, middle, second, inner;
    uint32_t input, output;  ///< in the arena
    int32_t multiplier;      ///< [0, 2^31)
    int32_t shift;           ///< [-31, 30]
};

/// A sum over more int16 values could overflow 32 bits.
inline constexpr uint32_t kMostInt16Summands = 32768;

void int16_reduce_sum(const Int16ReduceOp& op, int8_t* arena, const uint8_t* constants);
void int16_reduce_maximum(const Int16ReduceOp& op, int8_t* arena, const uint8_t* constants);
void int16_reduce_minimum(const Int16ReduceOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
