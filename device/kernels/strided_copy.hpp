#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// A box of up to four dimensions of `bytes` bytes each, from the arena to the arena, with its own
/// distances on both sides: transposition, blocks to channels and back, slices of many dimensions.
/// Element [i, j, k, l] goes from input + input_begin + i * input_strides[0] + ... to output +
/// output_begin + i * output_strides[0] + ... Distances are in bytes. input and output do not
/// overlap.
struct StridedCopyOp {
    OpHeader header;
    uint32_t bytes;
    uint32_t counts[4];
    uint32_t input_strides[4], output_strides[4];
    uint32_t input, output;  ///< tensors, in the arena
    uint32_t input_begin, output_begin;
};

void strided_copy(const StridedCopyOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
