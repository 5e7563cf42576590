#include "device/kernels/portable/for_pairs.hpp"

namespace ganglion {

void prelu(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs(op, arena, constants, [&](int8_t x, int8_t y) {
        const int32_t value = x - op.first.zero_point;
        const int32_t scaled =
            value >= 0 ? requantize(value, op.first.multiplier, op.first.shift)
                       : requantize(value * (y - op.second.zero_point), op.multiplier, op.shift);
        return to_output(scaled, op.range);
    });
}

}  // namespace ganglion
