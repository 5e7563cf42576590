#include "device/kernels/lookup.hpp"

#include <arm_mve.h>

namespace ganglion {

void lookup(const LookupOp& op, int8_t* arena, const uint8_t* constants) {
    const uint8_t* table = constants + op.table;
    const auto* input = reinterpret_cast<const uint8_t*>(arena + op.input);
    auto* output = reinterpret_cast<uint8_t*>(arena + op.output);
    const uint8x16_t sign = vdupq_n_u8(0x80);
    uint32_t left = op.count;
    for (; left >= 16; left -= 16, input += 16, output += 16) {
        const uint8x16_t places = veorq_u8(vld1q_u8(input), sign);
        vst1q_u8(output, vldrbq_gather_offset_u8(table, places));
    }
    for (; left > 0; --left) *output++ = table[*input++ ^ 0x80];
}

}  // namespace ganglion
