#include "device/kernels/add.hpp"

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {
namespace {

constexpr int kHeadroom = 20;

/// One input on the common scale.
class Side {
  public:
    explicit Side(const AddOp::Side& side)
        : zero_(side.zero_point), multiplier_(side.multiplier), shift_(side.shift) {}

    int32x4_t operator()(const int8_t* from, mve_pred16_t lanes) const {
        const int32x4_t centred = vsubq_n_s32(vldrbq_z_s32(from, lanes), zero_);
        return cortex_m55::requantize(vshlq_n_s32(centred, kHeadroom), multiplier_, shift_);
    }

  private:
    int32_t zero_, multiplier_, shift_;
};

}  // namespace

void add(const AddOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* first = arena + op.first.offset;
    const int8_t* second = arena + op.second.offset;
    int8_t* output = arena + op.output;
    const Side first_side(op.first);
    const Side second_side(op.second);
    const cortex_m55::ToOutput to_output(op.range);
    for (uint32_t i = 0; i < op.count; i += cortex_m55::kLanes) {
        const mve_pred16_t lanes = vctp32q(op.count - i);
        const int32x4_t sums =
            vaddq_s32(first_side(first + i, lanes), second_side(second + i, lanes));
        vstrbq_p_s32(output + i, to_output(cortex_m55::requantize(sums, op.multiplier, op.shift)),
                     lanes);
    }
}

}  // namespace ganglion
