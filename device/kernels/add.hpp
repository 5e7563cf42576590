#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Bits that both inputs of an addition gain before they are scaled.
inline constexpr int32_t kAddHeadroom = 20;

/// int8 elementwise sum of two tensors of `count` elements. Both inputs are brought to a common
/// scale with 20 bits of headroom, added, and requantized (TFLite reference). output may be the
/// same memory as an input.
struct AddOp {
    static constexpr bool runs_in_place = true;
    /// One side: (value - zero_point) * 2^20 * multiplier * 2^(shift - 31); shift in [-31, 0].
    struct Side {
        uint32_t offset;  ///< in the arena
        int32_t zero_point;
        int32_t multiplier;
        int32_t shift;
    };
    OpHeader header;
    uint32_t count;
    Side first, second;
    uint32_t output;  ///< in the arena
    int32_t multiplier, shift;
    OutputRange range;
};

void add(const AddOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
