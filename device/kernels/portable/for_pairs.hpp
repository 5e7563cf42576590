#pragma once

#include "device/kernels/broadcast.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::portable {

/// Steps from element to element of a side along each dimension: 0 where it repeats.
class SideSteps {
  public:
    template <typename Op>
    SideSteps(const Op& op, const BroadcastOp::Side& side) {
        uint32_t step = 1;
        for (uint32_t d = 4; d-- > 0;) {
            const bool repeats = (side.repeats >> d & 1) != 0;
            steps_[d] = repeats ? 0 : step;
            if (!repeats) step *= op.counts[d];
        }
    }
    uint32_t operator[](uint32_t dimension) const { return steps_[dimension]; }

  private:
    uint32_t steps_[4];
};

/// output = function(first, second) for each element, Op a BroadcastOp or Int16BroadcastOp.
template <typename Value = int8_t, typename Op, typename Function>
void for_pairs(const Op& op, int8_t* arena, const uint8_t* constants, Function function) {
    const auto values_of = [&](const BroadcastOp::Side& side) {
        return side.is_constant != 0 ? reinterpret_cast<const Value*>(constants + side.offset)
                                     : reinterpret_cast<const Value*>(arena + side.offset);
    };
    const Value* const first = values_of(op.first);
    const Value* const second = values_of(op.second);
    const SideSteps first_steps(op, op.first);
    const SideSteps second_steps(op, op.second);
    const uint32_t first_step = first_steps[3];
    const uint32_t second_step = second_steps[3];
    auto* output = reinterpret_cast<Value*>(arena + op.output);
    for (uint32_t a = 0; a < op.counts[0]; ++a) {
        for (uint32_t b = 0; b < op.counts[1]; ++b) {
            for (uint32_t c = 0; c < op.counts[2]; ++c) {
                const Value* x =
                    first + a * first_steps[0] + b * first_steps[1] + c * first_steps[2];
                const Value* y =
                    second + a * second_steps[0] + b * second_steps[1] + c * second_steps[2];
                for (uint32_t i = op.counts[3]; i > 0; --i) {
                    *output++ = function(*x, *y);
                    x += first_step;
                    y += second_step;
                }
            }
        }
    }
}

/// A side's value on the common scale of both, with `headroom` more bits.
inline int32_t on_common_scale(int8_t value, const BroadcastOp::Side& side, int32_t headroom) {
    return requantize(shift_left(value - side.zero_point, headroom), side.multiplier, side.shift);
}

}  // namespace ganglion::portable
