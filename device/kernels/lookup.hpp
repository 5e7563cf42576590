#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// output[i] = table[input[i] + 128] for `count` int8 elements: any function of one int8, resolved
/// by the compiler. table: 256 bytes of constants. output may be the same memory as input.
struct LookupOp {
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t count;
    uint32_t input, output;  ///< in the arena
    uint32_t table;          ///< in the constants
};

void lookup(const LookupOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
