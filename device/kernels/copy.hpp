#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// `rows` runs of `bytes` bytes from the arena to the arena: concatenation, slice, split, the move
/// of a streaming state. Run n goes from input + input_begin + n * input_stride to output +
/// output_begin + n * output_stride. A single run may overlap itself (it arrives whole); several
/// runs lie in separate regions, and each run of the output behind the one before.
struct CopyOp {
    OpHeader header;
    uint32_t rows, bytes;
    uint32_t input_stride, output_stride;
    uint32_t input, output;  ///< tensors, in the arena
    uint32_t input_begin, output_begin;
};

void copy(const CopyOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
