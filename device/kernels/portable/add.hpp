#pragma once

#include "device/kernels/add.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::portable {

inline int32_t scaled_addend(int8_t value, const AddOp::Side& side) {
    return requantize(shift_left(value - side.zero_point, kAddHeadroom), side.multiplier,
                      side.shift);
}

/// The elements from `begin` on.
inline void add(const AddOp& op, int8_t* arena, uint32_t begin) {
    const int8_t* first = arena + op.first.offset;
    const int8_t* second = arena + op.second.offset;
    int8_t* output = arena + op.output;
    for (uint32_t i = begin; i < op.count; ++i) {
        const int32_t sum =
            add_wrapping(scaled_addend(first[i], op.first), scaled_addend(second[i], op.second));
        output[i] = to_output(requantize(sum, op.multiplier, op.shift), op.range);
    }
}

}  // namespace ganglion::portable
