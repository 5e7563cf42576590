#include "device/kernels/portable/for_pairs.hpp"

namespace ganglion {

void subtract(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    constexpr int32_t kHeadroom = 20;
    portable::for_pairs(op, arena, constants, [&](int8_t x, int8_t y) {
        const int32_t difference =
            subtract_wrapping(portable::on_common_scale(x, op.first, kHeadroom),
                              portable::on_common_scale(y, op.second, kHeadroom));
        return to_output(requantize(difference, op.multiplier, op.shift), op.range);
    });
}

}  // namespace ganglion
