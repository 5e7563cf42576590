#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// output[i] = value for `count` int8 elements: the initial state of a streaming model.
struct FillOp {
    OpHeader header;
    uint32_t count;
    uint32_t output;  ///< in the arena
    int32_t value;    ///< int8
};

void fill(const FillOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
