#include "device/kernels/cortex_m4/rows_3x3.hpp"

#include <cstddef>

// All nine doubled weights stay in registers as (w0, w1) and (w1, w2) of each row. Two neighbouring
// outputs share two words of a row, x0 x1 and x2 x3:
//     left  += x0 w0 + x1 w1 (dual) + x2 w2 (bottom of the word, top of (w1, w2))
//     right += x1 w0 (top, bottom of (w0, w1)) + x2 w1 + x3 w2 (dual)
//
// r0 output; r1-r6 weights; r7, r8 words; r9, r10 sums; r11, r12, lr the three rows.

namespace ganglion::cortex_m4 {

static_assert(offsetof(Rows3x3, multiplier) == 8 && offsetof(Rows3x3, shift_less_1) == 16);
static_assert(offsetof(Rows3x3, width) == 24 && offsetof(Rows3x3, image) == 32);
static_assert(offsetof(Rows3x3, rows) == 44 && offsetof(Rows3x3, weights) == 52);
static_assert(sizeof(Rows3x3) == 68);

}  // namespace ganglion::cortex_m4

asm(R"(
    .syntax unified
    .thumb

    .macro ganglion_weights low, high
    sxtb16  \high, \low, ror #8
    sxtb16  \low, \low
    sadd16  \high, \high, \high
    sadd16  \low, \low, \low
    .endm

    .macro ganglion_row_of_two row, low, high
    ldrd    r7, r8, [\row], #4
    smlad   r9, r7, \low, r9
    smlatb  r10, r7, \low, r10
    smlabt  r9, r8, \high, r9
    smlad   r10, r8, \high, r10
    .endm

    .macro ganglion_row_of_one row, low, high
    ldrd    r7, r8, [\row], #4
    smlad   r9, r7, \low, r9
    smlabt  r9, r8, \high, r9
    .endm

    @ Two outputs.
    .macro ganglion_step_of_two positive
    ldrd    r9, r10, [sp, #0]
    ganglion_row_of_two r11, r1, r2
    ganglion_row_of_two r12, r3, r4
    ganglion_row_of_two lr, r5, r6
    ldrd    r7, r8, [sp, #8]
    .if \positive
    smmlar  r9, r9, r7, r8
    .else
    add     r8, r8, r9, asr #31
    smmlar  r9, r9, r7, r8
    ldr     r8, [sp, #12]
    add     r8, r8, r10, asr #31
    .endif
    smmlar  r10, r10, r7, r8
    ldrd    r7, r8, [sp, #16]
    asr     r9, r9, r7
    asr     r10, r10, r7
    ssat    r9, #8, r9, asr #1
    ssat    r10, #8, r10, asr #1
    strb    r9, [r0]
    strb    r10, [r0, r8]
    add     r0, r0, r8, lsl #1
    .endm

    @ One output.
    .macro ganglion_step_of_one positive
    ldr     r9, [sp, #0]
    ganglion_row_of_one r11, r1, r2
    ganglion_row_of_one r12, r3, r4
    ganglion_row_of_one lr, r5, r6
    ldrd    r7, r8, [sp, #8]
    .if \positive == 0
    add     r8, r8, r9, asr #31
    .endif
    smmlar  r9, r9, r7, r8
    ldrd    r7, r8, [sp, #16]
    asr     r9, r9, r7
    ssat    r9, #8, r9, asr #1
    strb    r9, [r0]
    add     r0, r0, r8
    .endm

    .macro ganglion_rows_3x3 name, step, positive
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    sub     sp, sp, #52
    mov     r12, sp
    ldm     r0!, {r1-r8}
    stm     r12!, {r1-r8}
    ldm     r0!, {r1-r5}
    stm     r12!, {r1-r5}
    ldm     r0, {r1, r3, r5, r7}
    mov     r0, r7
    ganglion_weights r1, r2
    ganglion_weights r3, r4
    ganglion_weights r5, r6
1:  ldrd    r11, r7, [sp, #32]
    ldr     r8, [sp, #24]
    add     r12, r11, r7
    add     lr, r12, r7
    add     r7, r11, r8
    str     r7, [sp, #48]
    cmp     r11, r7
    beq     3f
2:  \step   \positive
    ldr     r7, [sp, #48]
    cmp     r11, r7
    bne     2b
3:  ldr     r7, [sp, #28]
    cbz     r7, 4f
    ganglion_step_of_one \positive
4:  ldrd    r7, r8, [sp, #40]
    ldr     r9, [sp, #32]
    add     r9, r9, r7
    str     r9, [sp, #32]
    subs    r8, r8, #1
    str     r8, [sp, #44]
    bne     1b
    add     sp, sp, #52
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    ganglion_rows_3x3 ganglion_rows_3x3, ganglion_step_of_two, 0
    ganglion_rows_3x3 ganglion_rows_3x3_positive, ganglion_step_of_two, 1
    ganglion_rows_3x3 ganglion_rows_3x3_by_2, ganglion_step_of_one, 0
    ganglion_rows_3x3 ganglion_rows_3x3_by_2_positive, ganglion_step_of_one, 1
    .text
)");
