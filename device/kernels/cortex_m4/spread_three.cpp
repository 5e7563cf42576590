#include "device/kernels/cortex_m4/spread_three.hpp"

asm(R"(
    .syntax unified
    .thumb
    .section .text.ganglion_spread_three, "ax", %progbits
    .balign 4
    .global ganglion_spread_three
    .type   ganglion_spread_three, %function
    .thumb_func
ganglion_spread_three:
    push    {r4-r11, lr}
1:  ldr     r10, [r0, r1]
    ldr     r11, [r0, r1, lsl #1]
    ldr     r12, [r0], #4
    sxtb16  r4, r12
    sxtb16  r5, r10
    sxtb16  r6, r11
    sxtb16  r7, r12, ror #8
    sxtb16  r8, r10, ror #8
    sxtb16  r9, r11, ror #8
    stm     r2!, {r4-r9}
    subs    r3, r3, #1
    bne     1b
    mov     r0, r2
    pop     {r4-r11, pc}
    .size   ganglion_spread_three, . - ganglion_spread_three
    .text
)");
