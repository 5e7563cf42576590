#include "device/kernels/scalar/four_pixels.hpp"

#include <cstddef>

#include "device/kernels/paired_conv_2d.hpp"

// One multiplication serves two pixels; the sum of two products, or of four where the weights
// allow, fits their 16 bits. It is then added to `both`, and its upper half, rounded, to `high`:
// the upper pixel's sum is high, the lower one's both - 2^16 * high.
//
// In the loop: r0, r1 sums of the two pairs of pixels; r2, r3 words; r4 weight; r5 high of the
// first pair; r6 weights; r7 words' place; r8, r9 both; r11 high of the second pair; r12 the words'
// end.

namespace ganglion::scalar {

static_assert(offsetof(FourPixels, taps) == 4 && offsetof(FourPixels, records) == 8 &&
              offsetof(FourPixels, channels) == 12 && offsetof(FourPixels, output) == 16 &&
              offsetof(FourPixels, offsets) == 20 &&
              offsetof(FourPixels, twice_zero_point_plus_1) == 32 && sizeof(FourPixels) == 36);
static_assert(offsetof(PairedChannel, multiplier) == 4 &&
              offsetof(PairedChannel, shift_less_1) == 8 &&
              offsetof(PairedChannel, fours_fit) == 9 && sizeof(PairedChannel) == 12);

extern "C" void ganglion_four_pixels(const FourPixels& work);

void four_pixels(const FourPixels& work) {
    ganglion_four_pixels(work);
}

}  // namespace ganglion::scalar

asm(R"(
    .syntax unified
    .thumb

    @ The first of some taps: its products begin the sums.
    .macro ganglion_first_tap offset
    ldrb    r4, [r6, #\offset]
    sxtb    r4, r4
    ldm     r7!, {r0, r1}
    muls    r0, r4
    muls    r1, r4
    .endm

    .macro ganglion_next_tap offset
    ldrb    r4, [r6, #\offset]
    sxtb    r4, r4
    ldm     r7!, {r2, r3}
    muls    r2, r4
    adds    r0, r2
    muls    r3, r4
    adds    r1, r3
    .endm

    @ asrs leaves the highest bit that it drops in the carry.
    .macro ganglion_part
    add     r8, r0
    asrs    r0, r0, #16
    adcs    r5, r0
    add     r9, r1
    asrs    r1, r1, #16
    mov     r2, r11
    adcs    r2, r1
    mov     r11, r2
    .endm

    @ From a sum in r0 to r3, bias included, to int8; see packed_requantize() and Scale. r8, r9:
    @ lower and upper half of the multiplier; r10 rounding; r11 shift.
    .macro ganglion_output sum
    sxth    r4, \sum
    subs    r5, \sum, r4
    asrs    r5, r5, #16
    mov     r6, r8
    mov     r7, r6
    muls    r6, r4
    asrs    r6, r6, #16
    muls    r7, r5
    adds    r6, r7
    mov     r7, r9
    muls    r4, r7
    adds    r6, r4
    muls    r5, r7
    lsls    r5, r5, #1
    asrs    r6, r6, #15
    adcs    r5, r6
    asrs    \sum, \sum, #31
    adds    \sum, r5
    add     \sum, r10
    mov     r4, r11
    asrs    \sum, r4
    sxtb    r4, \sum
    cmp     r4, \sum
    beq     9f
    asrs    \sum, \sum, #31
    movs    r4, #127
    eors    \sum, r4
9:
    .endm

    .section .text.ganglion_four_pixels, "ax", %progbits
    .balign 4
    .global ganglion_four_pixels
    .type   ganglion_four_pixels, %function
    .thumb_func
ganglion_four_pixels:
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
    sub     sp, #36
    mov     r1, sp
    ldm     r0!, {r2-r6}
    stm     r1!, {r2-r6}
    ldm     r0!, {r2-r5}
    stm     r1!, {r2-r5}
    @ Instead of the number of channels: the output's end.
    ldr     r0, [sp, #12]
    add     r0, r6
    str     r0, [sp, #12]
1:  ldr     r7, [sp, #0]
    ldr     r6, [sp, #8]
    ldr     r0, [sp, #4]
    lsls    r0, r0, #3
    add     r0, r7
    mov     r12, r0
    movs    r5, #0
    mov     r8, r5
    mov     r9, r5
    mov     r11, r5
    ldrb    r0, [r6, #9]
    adds    r6, #12
    cmp     r0, #0
    beq     3f
2:  ganglion_first_tap 0
    ganglion_next_tap 1
    ganglion_next_tap 2
    ganglion_next_tap 3
    ganglion_part
    adds    r6, #4
    cmp     r7, r12
    bne     2b
    b       4f
3:  ganglion_first_tap 0
    ganglion_next_tap 1
    ganglion_part
    ganglion_first_tap 2
    ganglion_next_tap 3
    ganglion_part
    adds    r6, #4
    cmp     r7, r12
    bne     3b
4:  mov     r1, r5
    mov     r3, r11
    lsls    r4, r1, #16
    mov     r0, r8
    subs    r0, r4
    lsls    r4, r3, #16
    mov     r2, r9
    subs    r2, r4
    ldr     r4, [sp, #8]
    str     r6, [sp, #8]
    ldr     r5, [r4, #0]
    adds    r0, r5
    adds    r1, r5
    adds    r2, r5
    adds    r3, r5
    ldrh    r5, [r4, #4]
    mov     r8, r5
    ldrh    r5, [r4, #6]
    mov     r9, r5
    ldrb    r5, [r4, #8]
    ldr     r6, [sp, #32]
    lsls    r6, r5
    mov     r10, r6
    adds    r5, #1
    mov     r11, r5
    ganglion_output r0
    ganglion_output r1
    ganglion_output r2
    ganglion_output r3
    ldr     r4, [sp, #16]
    @ The last pixel first: where several share a place, the lowest counts.
    ldr     r5, [sp, #28]
    strb    r3, [r4, r5]
    ldr     r5, [sp, #24]
    strb    r2, [r4, r5]
    ldr     r5, [sp, #20]
    strb    r1, [r4, r5]
    strb    r0, [r4]
    adds    r4, #1
    str     r4, [sp, #16]
    ldr     r5, [sp, #12]
    cmp     r4, r5
    beq     5f
    b       1b
5:  add     sp, #36
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
    .size   ganglion_four_pixels, . - ganglion_four_pixels
    .text
)");
