#pragma once

/// Marks for bench/instruction_count.c, which counts what lies between them. They do nothing.
namespace ganglion::chip {

#if defined(__riscv)
[[gnu::always_inline]] inline void start_count() {
    asm volatile(".insn i 0x13, 2, x0, x0, 1" ::: "memory");
}
[[gnu::always_inline]] inline void stop_count() {
    asm volatile(".insn i 0x13, 2, x0, x0, 2" ::: "memory");
}
#else
[[gnu::always_inline]] inline void start_count() {
    asm volatile("mov r10, r10" ::: "memory");
}
[[gnu::always_inline]] inline void stop_count() {
    asm volatile("mov r11, r11" ::: "memory");
}
#endif

}  // namespace ganglion::chip
