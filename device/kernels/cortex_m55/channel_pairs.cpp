#include "device/kernels/cortex_m55/channel_pairs.hpp"

// A record's word holds 256 * odd + even: the high byte is the odd weight, less 1 where the even
// one is negative. The last 12 taps are 16 with zeros; their weights end in the record's scales.
//
// Four pixels: sums r0 r2 r4 r6 even, r8 r10 r12 lr odd; r1 records, r3 values, r5 turns, r9 rest,
// r7 free, r11 work; q0 even and q1 odd weights, q2 and q3 free, q4 places, q5 minimum, q6 maximum,
// q7 zero point. One pixel: sums r0 even, r2 odd, lr turns, r4 places as the vector would have
// them.

asm(R"(
    .syntax unified
    .thumb

    .macro ganglion_begin_pairs name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    vpush   {d8-d15}
    mov     r11, r0
    ldr     r1, [r11, #12]
    ldrd    r2, r3, [r11, #36]
    vdup.32 q7, r2
    vdup.32 q5, r3
    ldr     r3, [r11, #44]
    vdup.32 q6, r3
    .endm

    .macro ganglion_end_pairs name
    vpop    {d8-d15}
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    @ q0 and q1: weights of 16 taps.
    .macro ganglion_weights
    vld20.8 {q0, q1}, [r1]
    vld21.8 {q0, q1}, [r1]!
    vshr.s8 q2, q0, #7
    vsub.i8 q1, q1, q2
    .endm

    @ q0 and q1: weights of the last 4 or 8 taps as int16; the lanes that exist are chosen.
    .macro ganglion_last_weights
    vctp.16 r9
    vpst
    vldrht.u16 q2, [r1]
    add     r1, r1, r9, lsl #1
    vmovlb.s8 q0, q2
    vsub.i16 q1, q2, q0
    vshr.s16 q1, q1, #8
    .endm

    .macro ganglion_range sum
    vadd.i32 \sum, \sum, q7
    vmax.s32 \sum, \sum, q5
    vmin.s32 \sum, \sum, q6
    .endm

    .macro ganglion_ties_away sum, free
    vshr.s32 \free, \sum, #31
    vadd.i32 \sum, \sum, \free
    .endm

    @ 16 taps of four pixels.
    .macro ganglion_turn
    ganglion_weights
    vldrb.u8 q3, [r3], #16
    vmladava.s8 r0, q3, q0
    vldrb.u8 q2, [r3], #16
    vmladava.s8 r8, q3, q1
    vmladava.s8 r2, q2, q0
    vldrb.u8 q3, [r3], #16
    vmladava.s8 r10, q2, q1
    vmladava.s8 r4, q3, q0
    vldrb.u8 q2, [r3], #16
    vmladava.s8 r12, q3, q1
    vmladava.s8 r6, q2, q0
    vmladava.s8 lr, q2, q1
    .endm

    .macro ganglion_store sum, partial
    .if \partial
    vpst
    vstrbt.32 \sum, [r3, q4]
    .else
    vstrb.32 \sum, [r3, q4]
    .endif
    .endm

    .macro ganglion_four_pixels name, positive, partial
    ganglion_begin_pairs \name
    movs    r0, #0
    vidup.u32 q4, r0, #1
    ldr     r3, [r11, #32]
    vmul.i32 q4, q4, r3
1:  ldrd    r0, r8, [r1], #8
    ldr     r3, [r11]
    ldrd    r5, r9, [r11, #4]
    sub     r8, r8, r0
    mov     r2, r0
    asr     r8, r8, #8
    mov     r4, r0
    mov     r6, r0
    mov     r10, r8
    mov     r12, r8
    mov     lr, r8
    lsrs    r5, r5, #1
    beq     3f
    bcs     7f
2:  ganglion_turn
7:  ganglion_turn
    subs    r5, r5, #1
    bne     2b
3:  cmp     r9, #0
    bgt     4f
    add     r1, r1, r9
5:  ldm     r1!, {r3, r5, r7}
    vmov    q0[2], q0[0], r0, r4
    vmov    q0[3], q0[1], r2, r6
    vqrdmulh.s32 q0, q0, r3
    vmov    q1[2], q1[0], r8, r12
    vmov    q1[3], q1[1], r10, lr
    vqrdmulh.s32 q1, q1, r5
    uxtb    r3, r7
    mvns    r3, r3
    uxtb    r5, r7, ror #8
    mvns    r5, r5
    .if \positive == 0
    ganglion_ties_away q0, q2
    ganglion_ties_away q1, q2
    .endif
    vrshl.s32 q0, r3
    vrshl.s32 q1, r5
    ganglion_range q0
    ganglion_range q1
    .if \partial
    ldr     r7, [r11, #28]
    vctp.32 r7
    .endif
    ldrd    r5, r3, [r11, #20]
    ldr     r7, [r11, #16]
    ganglion_store q0, \partial
    cmp     r1, r7
    bhi     6f
    add     r3, r3, #1
    ganglion_store q1, \partial
    add     r3, r3, #1
    str     r3, [r11, #24]
    cmp     r1, r5
    bne     1b
    b       6f
4:  ganglion_last_weights
    vpstt
    vldrbt.s16 q3, [r3]
    vldrbt.s16 q2, [r3, #8]
    vmladava.s16 r0, q3, q0
    vmladava.s16 r8, q3, q1
    vmladava.s16 r2, q2, q0
    vmladava.s16 r10, q2, q1
    vpstt
    vldrbt.s16 q3, [r3, #16]
    vldrbt.s16 q2, [r3, #24]
    vmladava.s16 r4, q3, q0
    vmladava.s16 r12, q3, q1
    vmladava.s16 r6, q2, q0
    vmladava.s16 lr, q2, q1
    b       5b
6:  ganglion_end_pairs \name
    .endm

    ganglion_four_pixels ganglion_four_pixels, 0, 0
    ganglion_four_pixels ganglion_four_pixels_positive, 1, 0
    ganglion_four_pixels ganglion_few_pixels, 0, 1

    @ Lanes 0 and 2 hold the two channels.
    ganglion_begin_pairs ganglion_one_pixel
    movw    r0, #0x0f0f
    vmsr    p0, r0
    movs    r0, #0
    movs    r2, #1
    vmov    q4[2], q4[0], r0, r2
    ldr     r6, [r11, #24]
1:  ldrd    r0, r2, [r1], #8
    ldr     r3, [r11]
    ldr     r5, [r11, #48]
    ldr     r9, [r11, #8]
    sub     r2, r2, r0
    asr     r2, r2, #8
    wls     lr, r5, 3f
2:  ganglion_weights
    vldrb.u8 q3, [r3], #16
    vmladava.s8 r0, q3, q0
    vmladava.s8 r2, q3, q1
    le      lr, 2b
3:  cmp     r9, #0
    itt    le
    addle   r1, r1, r9
    ble     5f
    ganglion_last_weights
    vpst
    vldrbt.s16 q3, [r3]
    vmladava.s16 r0, q3, q0
    vmladava.s16 r2, q3, q1
    movw    r5, #0x0f0f
    vmsr    p0, r5
5:  ldm     r1!, {r3, r5, r7}
    vmov    q0[2], q0[0], r0, r2
    vmov    q1[2], q1[0], r3, r5
    uxtb    r3, r7
    mvns    r3, r3
    uxtb    r5, r7, ror #8
    mvns    r5, r5
    vmov    q2[2], q2[0], r3, r5
    vqrdmulh.s32 q0, q0, q1
    ganglion_ties_away q0, q3
    vrshl.s32 q0, q0, q2
    ganglion_range q0
    ldrd    r3, r5, [r11, #16]
    cmp     r1, r3
    bhi     6f
    vpst
    vstrbt.32 q0, [r6, q4]
    adds    r6, r6, #2
    cmp     r1, r5
    bne     1b
    b       7f
6:  vmov    r0, s0
    strb    r0, [r6]
7:  ganglion_end_pairs ganglion_one_pixel
    .text
)");
