// Start-up for RISC-V images of the engine: traps, stack, data, constructors, then `int main()`;
// its return value ends the emulator. Machine mode, no interrupts.
#include <cstdint>

#include "firmware/boards/semihosting.hpp"

// Nothing here may call the C library: it runs before memory is set up.
extern "C" {
extern uint32_t data_start, data_end, data_load, bss_start, bss_end;
using Constructor = void (*)();
extern Constructor init_array_start[], init_array_end[];

// Objects of static lifetime live until the power goes: their destructors need not be kept.
void* __dso_handle = nullptr;
int __cxa_atexit(void (*)(void*), void*, void*) {
    return 0;
}

__attribute__((naked, section(".vectors"), used)) void reset_handler() {
    // The linker's relaxation needs gp, which only this may set unrelaxed.
    asm volatile(
        ".option push           \n"
        ".option norelax        \n"
        ".option arch, +zicsr   \n"
        "la gp, __global_pointer$ \n"
        "la t0, trap_handler    \n"
        "csrw mtvec, t0         \n"
        ".option pop            \n"
        "la sp, stack_top       \n"
        "call prepare_memory    \n"
        "call main              \n"
        "call end_with          \n");
}

__attribute__((used)) void prepare_memory() {
    const uint32_t* from = &data_load;
    for (uint32_t* to = &data_start; to < &data_end;) *to++ = *from++;
    for (uint32_t* to = &bss_start; to < &bss_end;) *to++ = 0;
    for (Constructor* constructor = init_array_start; constructor < init_array_end; ++constructor)
        (*constructor)();
}

[[noreturn]] __attribute__((used)) void end_with(int code) {
    ganglion::firmware::semihosting::exit(code);
}

// mtvec wants a word boundary.
__attribute__((aligned(4), used)) void trap_handler() {
    ganglion::firmware::semihosting::write_text("fault: the processor stopped\n");
    ganglion::firmware::semihosting::exit(250);
}

}  // extern "C"
