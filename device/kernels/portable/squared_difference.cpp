#include "device/kernels/portable/for_pairs.hpp"

namespace ganglion {

void squared_difference(const BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    constexpr int32_t kHeadroom = 7;
    portable::for_pairs(op, arena, constants, [&](int8_t x, int8_t y) {
        const int32_t difference = portable::on_common_scale(x, op.first, kHeadroom) -
                                   portable::on_common_scale(y, op.second, kHeadroom);
        const auto magnitude = static_cast<uint32_t>(difference);
        const auto square = static_cast<int32_t>(magnitude * magnitude);
        return to_output(requantize(square, op.multiplier, op.shift), op.range);
    });
}

}  // namespace ganglion
