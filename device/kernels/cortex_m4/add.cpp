#include "device/kernels/add.hpp"

#include "device/kernels/cortex_m4/clamp.hpp"
#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/packed.hpp"

namespace ganglion {
namespace {

constexpr int32_t kHeadroom = 20;

/// One input on the common scale. Doubled before the high multiply, which halves.
class Side {
  public:
    explicit Side(const AddOp::Side& side)
        : twice_zero_(shift_left(side.zero_point, kHeadroom + 1)),
          multiplier_(side.multiplier),
          shift_(-side.shift),
          rounding_(shift_ == 0 ? 0 : shift_left(1, shift_ - 1)),
          ties_(shift_ == 0 ? 0 : -1) {}

    int32_t operator()(int32_t value) const {
        const int32_t twice = shift_left(value, kHeadroom + 1) - twice_zero_;
        const int32_t rounding = rounding_ + (twice >> 31 & ties_);
        return dsp::high_multiply_add(twice, multiplier_, rounding) >> shift_;
    }

  private:
    int32_t twice_zero_, multiplier_, shift_, rounding_, ties_;
};

}  // namespace

void add(const AddOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* first = arena + op.first.offset;
    const int8_t* second = arena + op.second.offset;
    int8_t* output = arena + op.output;
    const Side first_side(op.first);
    const Side second_side(op.second);
    const auto sum = [&](uint32_t i) {
        return add_wrapping(first_side(first[i]), second_side(second[i]));
    };
    const auto shift_less_1 = static_cast<uint32_t>(-op.shift - 1);
    if (op.shift == 0 || shift_less_1 > kMostPackedShift) {
        for (uint32_t i = 0; i < op.count; ++i)
            output[i] = to_output(requantize(sum(i), op.multiplier, op.shift), op.range);
        return;
    }
    const int32_t rounding =
        shift_left(2 * op.range.zero_point + 1, static_cast<int32_t>(shift_less_1));
    for (uint32_t i = 0; i < op.count; ++i) {
        const int32_t twice = shift_left(sum(i), 1);
        const int32_t high =
            dsp::high_multiply_add(twice, op.multiplier, add_wrapping(rounding, twice >> 31));
        output[i] = static_cast<int8_t>(__ssat(high >> shift_less_1 >> 1, 8));
    }
    cortex_m4::clamp(output, op.count, op.range);
}

}  // namespace ganglion
