#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Products of int8 matrices in the arena: output [batches, rows, columns], row-major, from first
/// [batches, rows, depth] and second [batches, depth, columns], which may lie transposed and whose
/// batches may be shared. depth <= kMostMatmulDepth. The output overlaps neither.
struct BatchMatmulOp {
    /// A factor. Element [b0, b1, line, n] is at offset + b0 * batch_strides[0] + b1 *
    /// batch_strides[1] + line * line_stride + n * depth_stride, line being its row (of the first)
    /// or column (of the second), n in 0..depth-1.
    struct Side {
        uint32_t offset;  ///< in the arena
        int32_t zero_point;
        uint32_t batch_strides[2], line_stride, depth_stride;
    };
    OpHeader header;
    uint32_t batches[2], rows, columns, depth;
    Side first, second;
    uint32_t output;  ///< in the arena
    int32_t multiplier, shift;
    OutputRange range;
};

/// More products of two int8 less their zero points would overflow a 32-bit sum.
inline constexpr uint32_t kMostMatmulDepth = 32768;

void batch_matmul(const BatchMatmulOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
