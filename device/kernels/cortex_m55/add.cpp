#include "device/kernels/add.hpp"

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {
namespace {

constexpr int kHeadroom = 20;

/// How a shift to the right by 0 to 31 rounds ties away from zero.
template <bool shifts>
int32x4_t shift_right(int32x4_t values, int32_t shift) {
    if constexpr (shifts) return vrshlq_n_s32(vaddq_s32(values, vshrq_n_s32(values, 31)), shift);
    return values;
}

/// One input on the common scale.
template <bool shifts>
int32x4_t on_common_scale(const AddOp::Side& side, const int8_t* from, mve_pred16_t lanes) {
    const int32x4_t centred = vsubq_n_s32(vldrbq_z_s32(from, lanes), side.zero_point);
    return shift_right<shifts>(vqrdmulhq_n_s32(vshlq_n_s32(centred, kHeadroom), side.multiplier),
                               side.shift);
}

template <bool first_shifts, bool second_shifts, bool sum_shifts>
void add(const AddOp& op, int8_t* arena) {
    const int8_t* first = arena + op.first.offset;
    const int8_t* second = arena + op.second.offset;
    int8_t* output = arena + op.output;
    const AddOp::Side first_side = op.first;
    const AddOp::Side second_side = op.second;
    const int32_t multiplier = op.multiplier;
    const int32_t shift = op.shift;
    const cortex_m55::ToOutput to_output(op.range);
    int32_t left = static_cast<int32_t>(op.count);
    for (; left > 0; left -= cortex_m55::kLanes) {
        const mve_pred16_t lanes = vctp32q(static_cast<uint32_t>(left));
        const int32x4_t sums =
            vaddq_s32(on_common_scale<first_shifts>(first_side, first, lanes),
                      on_common_scale<second_shifts>(second_side, second, lanes));
        vstrbq_p_s32(output,
                     to_output(shift_right<sum_shifts>(vqrdmulhq_n_s32(sums, multiplier), shift)),
                     lanes);
        first += cortex_m55::kLanes;
        second += cortex_m55::kLanes;
        output += cortex_m55::kLanes;
    }
}

}  // namespace

void add(const AddOp& op, int8_t* arena, const uint8_t*) {
    using Form = void (*)(const AddOp&, int8_t*);
    constexpr Form kForms[2][2][2] = {
        {{add<false, false, false>, add<false, false, true>},
         {add<false, true, false>, add<false, true, true>}},
        {{add<true, false, false>, add<true, false, true>},
         {add<true, true, false>, add<true, true, true>}},
    };
    kForms[op.first.shift < 0][op.second.shift < 0][op.shift < 0](op, arena);
}

}  // namespace ganglion
