#pragma once

#include <cstdint>

namespace ganglion::cortex_m55 {

/// Sums of a pair of channels for four pixels.
struct FourPixels {
    int32_t even[4], odd[4];
};

/// Adds all products of one record of packed_conv_2d. `taps`, a multiple of 4: int8 of four pixels
/// in the order of packed_tap(), 16 taps of each after another; of the last 4 to 12 taps, 8 of each
/// after another, the very last ones at places 8 bytes apart as well.
inline void add_products(FourPixels& sums, const uint8_t* weights, const int8_t* values,
                         uint32_t taps) {
    // A record's word holds 256 * odd + even: the high byte is the odd weight, less 1 where the
    // even one is negative.
    uint32_t turns = taps / 16;
    uint32_t rest = taps % 16;
    asm("cbz %[turns], 2f\n\t"
        "1: vld20.8 {q0, q1}, [%[weights]]\n\t"
        "vld21.8 {q0, q1}, [%[weights]]!\n\t"
        "vshr.s8 q2, q0, #7\n\t"
        "vldrb.u8 q4, [%[values]], #16\n\t"
        "vsub.i8 q1, q1, q2\n\t"
        "vmladava.s8 %[even0], q4, q0\n\t"
        "vldrb.u8 q5, [%[values]], #16\n\t"
        "vmladava.s8 %[odd0], q4, q1\n\t"
        "vmladava.s8 %[even1], q5, q0\n\t"
        "vldrb.u8 q6, [%[values]], #16\n\t"
        "vmladava.s8 %[odd1], q5, q1\n\t"
        "vmladava.s8 %[even2], q6, q0\n\t"
        "vldrb.u8 q7, [%[values]], #16\n\t"
        "vmladava.s8 %[odd2], q6, q1\n\t"
        "subs %[turns], %[turns], #1\n\t"
        "vmladava.s8 %[even3], q7, q0\n\t"
        "vmladava.s8 %[odd3], q7, q1\n\t"
        "bne 1b\n\t"
        "2: cmp %[rest], #0\n\t"
        "beq 4f\n\t"
        "3: vctp.16 %[rest]\n\t"
        "vpst\n\t"
        "vldrht.u16 q0, [%[weights]], #16\n\t"
        "vpstttt\n\t"
        "vldrbt.s16 q4, [%[values]]\n\t"
        "vldrbt.s16 q5, [%[values], #8]\n\t"
        "vldrbt.s16 q6, [%[values], #16]\n\t"
        "vldrbt.s16 q7, [%[values], #24]\n\t"
        "vmovlb.s8 q1, q0\n\t"
        "vsub.i16 q0, q0, q1\n\t"
        "vshr.s16 q0, q0, #8\n\t"
        "adds %[values], %[values], #32\n\t"
        "vmladava.s16 %[even0], q4, q1\n\t"
        "vmladava.s16 %[odd0], q4, q0\n\t"
        "vmladava.s16 %[even1], q5, q1\n\t"
        "vmladava.s16 %[odd1], q5, q0\n\t"
        "vmladava.s16 %[even2], q6, q1\n\t"
        "vmladava.s16 %[odd2], q6, q0\n\t"
        "vmladava.s16 %[even3], q7, q1\n\t"
        "vmladava.s16 %[odd3], q7, q0\n\t"
        "subs %[rest], %[rest], #8\n\t"
        "bgt 3b\n\t"
        "4:"
        : [even0] "+Te"(sums.even[0]), [even1] "+Te"(sums.even[1]), [even2] "+Te"(sums.even[2]),
          [even3] "+Te"(sums.even[3]), [odd0] "+Te"(sums.odd[0]), [odd1] "+Te"(sums.odd[1]),
          [odd2] "+Te"(sums.odd[2]), [odd3] "+Te"(sums.odd[3]), [weights] "+r"(weights),
          [values] "+r"(values), [turns] "+r"(turns), [rest] "+r"(rest)
        :
        : "q0", "q1", "q2", "q4", "q5", "q6", "q7", "cc", "memory");
}

}  // namespace ganglion::cortex_m55
