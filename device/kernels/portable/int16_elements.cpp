#include "device/kernels/int16_elements.hpp"

#include <algorithm>

#include "device/kernels/portable/for_pairs.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

constexpr int32_t kHeadroom = 15;

int16_t limited(int32_t value, const Int16Range& range) {
    return static_cast<int16_t>(std::clamp<int32_t>(value, range.minimum, range.maximum));
}

int32_t on_common_scale(int16_t value, const BroadcastOp::Side& side) {
    return requantize(shift_left(value, kHeadroom), side.multiplier, side.shift);
}

}  // namespace

void int16_add(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs<int16_t>(op, arena, constants, [&](int16_t x, int16_t y) {
        const int32_t sum =
            add_wrapping(on_common_scale(x, op.first), on_common_scale(y, op.second));
        return limited(requantize(sum, op.multiplier, op.shift), op.range);
    });
}

void int16_subtract(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs<int16_t>(op, arena, constants, [&](int16_t x, int16_t y) {
        const int32_t difference =
            subtract_wrapping(on_common_scale(x, op.first), on_common_scale(y, op.second));
        return limited(requantize(difference, op.multiplier, op.shift), op.range);
    });
}

void int16_multiply(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs<int16_t>(op, arena, constants, [&](int16_t x, int16_t y) {
        return limited(requantize(int32_t{x} * y, op.multiplier, op.shift), op.range);
    });
}

void int16_maximum(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs<int16_t>(op, arena, constants,
                                 [](int16_t x, int16_t y) { return std::max(x, y); });
}

void int16_minimum(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants) {
    portable::for_pairs<int16_t>(op, arena, constants,
                                 [](int16_t x, int16_t y) { return std::min(x, y); });
}

}  // namespace ganglion
