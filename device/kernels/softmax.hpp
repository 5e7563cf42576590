#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 softmax over the last dimension: input and output [rows, depth]. Output scale 1/256, zero
/// point -128. Integer only; the exponential and the reciprocal are the fixed-point ones of
/// fixed_point.hpp. Differences to the row's maximum below difference_minimum give 0. depth <=
/// 4095, so that the sum of exponentials (12 integer bits) cannot overflow. output may be the same
/// memory as input.
struct SoftmaxOp {
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t rows, depth;
    uint32_t input, output;      ///< in the arena
    int32_t multiplier;          ///< with left_shift: input scale * beta in Q5.26
    int32_t left_shift;          ///< [0, 30]
    int32_t difference_minimum;  ///< [-255, 0]
};

inline constexpr uint32_t kMostSoftmaxDepth = 511;

void softmax(const SoftmaxOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
