#include "device/kernels/portable/for_pairs.hpp"

namespace ganglion {

void multiply(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs(op, arena, constants, [&](int8_t x, int8_t y) {
        const int32_t product = (x - op.first.zero_point) * (y - op.second.zero_point);
        return to_output(requantize(product, op.multiplier, op.shift), op.range);
    });
}

}  // namespace ganglion
