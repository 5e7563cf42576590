#include "device/kernels/cortex_m4/three_pixels.hpp"

// Three pixels times two channels keep six sums, three words of taps and two of weights in
// registers: 17 instructions for 24 products. One multiplication of the pair of weights sums
// 256 * odd + even; the same of the sign-extended low bytes sums the even channel alone.
//
// r0 taps, r1 records, r2 turns; sums: r4-r6 even, r7-r9 both; r10-r12 taps; r3, lr weights.
// On the stack: taps 0, enter 4, turns 8, end 12, output 16, channels 20, 2 * zero point + 1 24.

asm(R"(
    .syntax unified
    .thumb

    @ Four taps.
    .macro ganglion_four_taps
    ldrd    r3, lr, [r1], #8
    ldm     r0!, {r10, r11, r12}
    smlad   r7, r3, r10, r7
    smlad   r8, r3, r11, r8
    smlad   r9, r3, r12, r9
    sxtb16  r3, r3
    smlad   r4, r3, r10, r4
    smlad   r5, r3, r11, r5
    smlad   r6, r3, r12, r6
    ldm     r0!, {r10, r11, r12}
    smlad   r7, lr, r10, r7
    smlad   r8, lr, r11, r8
    smlad   r9, lr, r12, r9
    sxtb16  lr, lr
    smlad   r4, lr, r10, r4
    smlad   r5, lr, r11, r5
    smlad   r6, lr, r12, r6
    .endm

    @ One channel's output from twice its sum; see packed_requantize().
    .macro ganglion_output sum, multiplier, rounding, shift, free, positive
    .if \positive
    smmlar  \sum, \sum, \multiplier, \rounding
    asr     \sum, \sum, \shift
    .else
    smmlar  \free, \sum, \multiplier, \rounding
    add     \free, \free, \sum, asr #31
    asr     \sum, \free, \shift
    .endif
    ssat    \sum, #8, \sum, asr #1
    .endm

    @ Both channels of a pixel, as two bytes in `even`.
    .macro ganglion_pixel even, both, free, positive
    sub     \both, \both, \even
    lsl     \even, \even, #1
    asr     \both, \both, #7
    ganglion_output \even, r10, r3, r12, \free, \positive
    ganglion_output \both, r11, r2, lr, \free, \positive
    bfi     \even, \both, #8, #8
    .endm

    .macro ganglion_three_pixels name, positive
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .global \name\()_loop
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    ldm     r0, {r2-r9}
    mov     r1, r5
    mov     r5, r6
    mov     r6, r7
    mov     r7, r8
    mov     r8, r9
    push    {r2-r8}
1:  ldrd    r4, r7, [r1], #8
    ldr     r0, [sp, #0]
    ldrd    r3, r2, [sp, #4]
    mov     r5, r4
    mov     r6, r4
    mov     r8, r7
    mov     r9, r7
    bx      r3
    .balign 4
    .type   \name\()_loop, %function
    .thumb_func
\name\()_loop:
    ganglion_four_taps
    ganglion_four_taps
    ganglion_four_taps
    ganglion_four_taps
    subs    r2, r2, #1
    bne     \name\()_loop
    ldm     r1!, {r10, r11, r12}
    ldr     r2, [sp, #24]
    lsl     r3, r2, r12
    lsr     lr, r12, #8
    lsl     r2, r2, lr
    ganglion_pixel r4, r7, r0, \positive
    ldrd    r0, r7, [sp, #16]
    strh    r4, [r0]
    ganglion_pixel r5, r8, r4, \positive
    strh    r5, [r0, r7]
    ganglion_pixel r6, r9, r4, \positive
    strh    r6, [r0, r7, lsl #1]
    adds    r0, r0, #2
    str     r0, [sp, #16]
    ldr     r0, [sp, #12]
    cmp     r0, r1
    bne     1b
    add     sp, sp, #28
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    ganglion_three_pixels ganglion_three_pixels, 0
    ganglion_three_pixels ganglion_three_pixels_positive, 1
    .text
)");

namespace ganglion::cortex_m4 {

extern "C" void ganglion_three_pixels_loop();
extern "C" void ganglion_three_pixels_positive_loop();

void enter_loop(ThreePixels& work, uint32_t groups, bool is_positive) {
    constexpr uint32_t kUnrolled = 4;
    constexpr uint32_t kGroupBytes = 17 * 4;
    work.turns = (groups + kUnrolled - 1) / kUnrolled;
    const uint32_t skipped = work.turns * kUnrolled - groups;
    const auto loop = reinterpret_cast<uintptr_t>(is_positive ? ganglion_three_pixels_positive_loop
                                                              : ganglion_three_pixels_loop);
    work.enter = static_cast<uint32_t>(loop) + skipped * kGroupBytes;
}

}  // namespace ganglion::cortex_m4
