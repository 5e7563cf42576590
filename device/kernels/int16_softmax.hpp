#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int16 softmax over the last dimension: input and output [rows, depth], output in Q0.15, may be
/// the same memory as input. The exponential and the reciprocal are interpolated in tables that the
/// compiler makes: exp(x) for x in [-10, 0], then 1 / (1 + x) for x in [0, 1], kSoftmaxTable
/// entries each, in Q0.15.
struct Int16SoftmaxOp {
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t rows, depth;
    uint32_t input, output;  ///< in the arena, even
    int32_t multiplier;      ///< 0 or [2^30, 2^31): of the difference to the largest,
    int32_t shift;           ///< [-31, 14], to 65535 / 10 steps
    uint32_t tables;         ///< in the constants, 4-byte aligned
};

inline constexpr uint32_t kSoftmaxTable = 513;
/// The sum of exponentials stays below 2^31.
inline constexpr uint32_t kMostInt16SoftmaxDepth = 65535;

void int16_softmax(const Int16SoftmaxOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
