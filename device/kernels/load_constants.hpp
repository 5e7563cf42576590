#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// output[i] = constants[source + i] for `count` bytes: constant operands of operations that take
/// computed ones, and initial states that are not all alike.
struct LoadConstantsOp {
    OpHeader header;
    uint32_t count;
    uint32_t output;  ///< in the arena
    uint32_t source;  ///< in the constants, 4-byte aligned
};

void load_constants(const LoadConstantsOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
