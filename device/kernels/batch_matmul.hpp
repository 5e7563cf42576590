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

        /// Where a line begins, from the offset.
        uint32_t line(uint32_t b0, uint32_t b1, uint32_t n) const {
            return b0 * batch_strides[0] + b1 * batch_strides[1] + n * line_stride;
        }
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

/// As batch_matmul, of int16 with zero points 0: sides and output at even offsets, distances in
/// elements. depth <= kMostMatmulDepth. Output = the sum * multiplier / 2^shift, rounded once, ties
/// up.
struct Int16BatchMatmulOp {
    OpHeader header;
    uint32_t batches[2], rows, columns, depth;
    BatchMatmulOp::Side first, second;
    uint32_t output;     ///< in the arena
    int16_t multiplier;  ///< 0 or [2^14, 2^15)
    int16_t shift;       ///< to the right, in [8, 46]
};

void int16_batch_matmul(const Int16BatchMatmulOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
