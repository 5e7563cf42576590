#include "device/kernels/cortex_m55/lines_3x3.hpp"

// Four lanes go down the lines. Each line of the image is read once and adds to the outputs of
// three lines (two where the stride is 2); then the uppermost of these is complete.
//
// r0 image, r1 output, r2-r10 weights, r11 free, r12 work, lr lines left;
// q3 four values, q4 bias, q5 minimum, q6 maximum, q7 places of the outputs, the others sums.

asm(R"(
    .syntax unified
    .thumb

    @ Brings `sum` to its output and the output pointer to the next line.
    .macro ganglion_finish sum, positive
    ldr     r11, [r12, #52]
    vqrdmulh.s32 \sum, \sum, r11
    ldr     r11, [r12, #56]
    .if \positive == 0
    vshr.s32 q3, \sum, #31
    vadd.i32 \sum, \sum, q3
    .endif
    vrshl.s32 \sum, r11
    ldr     r11, [r12, #60]
    vadd.i32 \sum, \sum, r11
    ldr     r11, [r12, #64]
    vmax.s32 \sum, \sum, q5
    vmin.s32 \sum, \sum, q6
    vpst
    vstrbt.32 \sum, [r1, q7]
    add     r1, r1, r11
    .endm

    .macro ganglion_next_line
    ldr     r11, [r12, #48]
    add     r0, r0, r11
    .endm

    @ One line of the image: completes `a`, continues `b`, begins `c`.
    .macro ganglion_line a, b, c, positive
    vldrb.s32 q3, [r0]
    vmov    \c, q4
    vmla.s32 \a, q3, r8
    vmla.s32 \b, q3, r5
    vmla.s32 \c, q3, r2
    vldrb.s32 q3, [r0, #1]
    vmla.s32 \a, q3, r9
    vmla.s32 \b, q3, r6
    vmla.s32 \c, q3, r3
    vldrb.s32 q3, [r0, #2]
    vmla.s32 \a, q3, r10
    vmla.s32 \b, q3, r7
    vmla.s32 \c, q3, r4
    ganglion_next_line
    ganglion_finish \a, \positive
    subs    lr, lr, #1
    beq     9f
    .endm

    @ Two lines of the image, every second value: completes `a`, begins `b`.
    .macro ganglion_two_lines a, b, positive
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmla.s32 \a, q3, r5
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmla.s32 \a, q3, r6
    vldrb.s32 q3, [r0, q2]
    vmla.s32 \a, q3, r7
    ganglion_next_line
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmov    \b, q4
    vmla.s32 \a, q3, r8
    vmla.s32 \b, q3, r2
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmla.s32 \a, q3, r9
    vmla.s32 \b, q3, r3
    vldrb.s32 q3, [r0, q2]
    vmla.s32 \a, q3, r10
    vmla.s32 \b, q3, r4
    ganglion_next_line
    ganglion_finish \a, \positive
    subs    lr, lr, #1
    beq     9f
    .endm

    .macro ganglion_begin name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    vpush   {d8-d15}
    mov     r12, r0
    movs    r0, #0
    vidup.u32 q7, r0, #1
    vshl.i32 q2, q7, #1
    ldr     r1, [r12, #80]
    vmul.i32 q7, q7, r1
    ldr     r1, [r12, #68]
    vdup.32 q4, r1
    ldrd    r2, r3, [r12, #72]
    vdup.32 q5, r2
    vdup.32 q6, r3
    ldm     r12, {r2-r10}
8:  ldrd    r0, r1, [r12, #36]
    ldr     lr, [r12, #44]
    ldr     r11, [r12, #84]
    vctp.32 r11
    vmov    q0, q4
    .endm

    @ On to the next four lanes.
    .macro ganglion_end name, bytes
9:  ldrd    r0, r1, [r12, #36]
    ldrd    r11, lr, [r12, #80]
    adds    r0, r0, #\bytes
    add     r1, r1, r11, lsl #2
    strd    r0, r1, [r12, #36]
    subs    lr, lr, #4
    str     lr, [r12, #84]
    bgt     8b
    vpop    {d8-d15}
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    .macro ganglion_lines_3x3 name, positive
    ganglion_begin \name
    vldrb.s32 q3, [r0]
    vmla.s32 q0, q3, r2
    vldrb.s32 q3, [r0, #1]
    vmla.s32 q0, q3, r3
    vldrb.s32 q3, [r0, #2]
    vmla.s32 q0, q3, r4
    ganglion_next_line
    vmov    q1, q4
    vldrb.s32 q3, [r0]
    vmla.s32 q0, q3, r5
    vmla.s32 q1, q3, r2
    vldrb.s32 q3, [r0, #1]
    vmla.s32 q0, q3, r6
    vmla.s32 q1, q3, r3
    vldrb.s32 q3, [r0, #2]
    vmla.s32 q0, q3, r7
    vmla.s32 q1, q3, r4
    ganglion_next_line
1:  ganglion_line q0, q1, q2, \positive
    ganglion_line q1, q2, q0, \positive
    ganglion_line q2, q0, q1, \positive
    b       1b
    ganglion_end \name, 4
    .endm

    .macro ganglion_lines_3x3_by_2 name, positive
    ganglion_begin \name
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmla.s32 q0, q3, r2
    vldrb.s32 q3, [r0, q2]
    adds    r0, r0, #1
    vmla.s32 q0, q3, r3
    vldrb.s32 q3, [r0, q2]
    vmla.s32 q0, q3, r4
    ganglion_next_line
1:  ganglion_two_lines q0, q1, \positive
    ganglion_two_lines q1, q0, \positive
    b       1b
    ganglion_end \name, 8
    .endm

    ganglion_lines_3x3 ganglion_lines_3x3, 0
    ganglion_lines_3x3 ganglion_lines_3x3_positive, 1
    ganglion_lines_3x3_by_2 ganglion_lines_3x3_by_2, 0
    ganglion_lines_3x3_by_2 ganglion_lines_3x3_by_2_positive, 1
    .text
)");
