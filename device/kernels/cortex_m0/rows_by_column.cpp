#include "device/kernels/scalar/rows_by_column.hpp"

// r0 to r3 the rows' ends; r4 place from there, negative; r5 the column's end; r6 value; r7 weight;
// r8 to r11 sums.

asm(R"(
    .syntax unified
    .thumb

    .macro ganglion_row_product row, sum
    ldrsb   r7, [\row, r4]
    muls    r7, r6
    add     \sum, r7
    .endm

    .macro ganglion_column_tap
    ldrsb   r6, [r5, r4]
    ganglion_row_product r0, r8
    ganglion_row_product r1, r9
    ganglion_row_product r2, r10
    ganglion_row_product r3, r11
    adds    r4, #1
    .endm

    .section .text.ganglion_rows_by_column, "ax", %progbits
    .balign 4
    .global ganglion_rows_by_column
    .type   ganglion_rows_by_column, %function
    .thumb_func
ganglion_rows_by_column:
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
    adds    r5, r2, r3
    rsbs    r4, r3, #0
    adds    r0, r3
    mov     r7, r1
    adds    r1, r0, r7
    adds    r2, r1, r7
    adds    r3, r2, r7
    movs    r6, #0
    mov     r8, r6
    mov     r9, r6
    mov     r10, r6
    mov     r11, r6
1:  ganglion_column_tap
    ganglion_column_tap
    ganglion_column_tap
    ganglion_column_tap
    bne     1b
    ldr     r4, [sp, #36]
    mov     r0, r8
    mov     r1, r9
    mov     r2, r10
    mov     r3, r11
    stm     r4!, {r0-r3}
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
    .size   ganglion_rows_by_column, . - ganglion_rows_by_column
    .text
)");
