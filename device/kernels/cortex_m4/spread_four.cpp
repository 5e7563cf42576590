#include "device/kernels/cortex_m4/spread_four.hpp"

// Two pixels' words of four channels become four words of two pixels.
//
// r0 from, r1 step, r2 to, r3 apart, r4 apart * 3, r5 pairs, r12 end of a row's pairs, lr rows.

asm(R"(
    .syntax unified
    .thumb
    .section .text.ganglion_spread_four, "ax", %progbits
    .balign 4
    .global ganglion_spread_four
    .type   ganglion_spread_four, %function
    .thumb_func
ganglion_spread_four:
    push    {r4-r11, lr}
    ldr     lr, [r0, #36]
    ldm     r0, {r0-r8}
    push    {r6-r8}
1:  adds    r12, r2, r5
    cmp     r2, r12
    beq     3f
2:  ldr     r6, [r0]
    ldr     r7, [r0, r1]
    add     r0, r0, r1, lsl #1
    sxtb16  r8, r6
    sxtb16  r9, r7
    sxtb16  r10, r6, ror #8
    sxtb16  r11, r7, ror #8
    pkhtb   r6, r9, r8, asr #16
    pkhtb   r7, r11, r10, asr #16
    pkhbt   r10, r10, r11, lsl #16
    pkhbt   r8, r8, r9, lsl #16
    str     r6, [r2, r3, lsl #1]
    str     r7, [r2, r4]
    str     r10, [r2, r3]
    str     r8, [r2], #4
    cmp     r2, r12
    bne     2b
3:  ldm     sp, {r6-r8}
    cmp     r8, #0
    beq     4f
    ldr     r9, [r0]
    add     r0, r0, r1
    sxtb16  r10, r9
    sxtb16  r11, r9, ror #8
    strh    r11, [r2, r3]
    lsr     r11, r11, #16
    strh    r11, [r2, r4]
    lsr     r11, r10, #16
    strh    r11, [r2, r3, lsl #1]
    strh    r10, [r2], #2
4:  add     r0, r0, r6
    add     r2, r2, r7
    subs    lr, lr, #1
    bne     1b
    add     sp, sp, #12
    pop     {r4-r11, pc}
    .size   ganglion_spread_four, . - ganglion_spread_four
    .text
)");
