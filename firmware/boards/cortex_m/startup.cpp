#include "firmware/boards/cortex_m/startup.hpp"

#include <cstdint>

#include "firmware/boards/semihosting.hpp"

// Nothing here may call the C library: it runs before memory is set up.
extern "C" {
extern uint32_t stack_bottom, stack_top;
extern uint32_t data_start, data_end, data_load, bss_start, bss_end;
using Constructor = void (*)();
extern Constructor init_array_start[], init_array_end[];

[[noreturn]] void reset_handler();
void fault_handler();
void unused_handler();
// Objects of static lifetime live until the power goes: their destructors need not be kept.
void* __dso_handle = nullptr;
int __aeabi_atexit(void*, void (*)(void*), void*) {
    return 0;
}
// A call through a half-built object: no heap and no library needed to stop at it.
void __cxa_pure_virtual() {
    fault_handler();
}
// An image overrides those it uses.
void systick_handler() __attribute__((weak, alias("unused_handler")));
void pendsv_handler() __attribute__((weak, alias("unused_handler")));
void timer1_handler() __attribute__((weak, alias("unused_handler")));
}

namespace ganglion::firmware {
namespace {

constexpr uint32_t kStackPaint = 0xa5a5a5a5;

using Handler = void (*)();

struct Vectors {
    uint32_t* initial_stack;
    Handler exceptions[15];
    Handler interrupts[32];
};

}  // namespace

uint32_t main_stack_free() {
    const uint32_t* word = &stack_bottom;
    while (word < &stack_top && *word == kStackPaint) ++word;
    return static_cast<uint32_t>(word - &stack_bottom) * sizeof(uint32_t);
}

}  // namespace ganglion::firmware

using ganglion::firmware::Handler;

extern "C" const ganglion::firmware::Vectors vectors;
__attribute__((section(".vectors"), used)) const ganglion::firmware::Vectors vectors = {
    &stack_top,
    {
        reset_handler,
        unused_handler,
        fault_handler,
        fault_handler,
        fault_handler,
        fault_handler,
        nullptr,
        nullptr,
        nullptr,
        nullptr,
        unused_handler,
        unused_handler,
        nullptr,
        pendsv_handler,
        systick_handler,
    },
    {
        unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
        unused_handler, unused_handler, unused_handler, unused_handler, timer1_handler,
        unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
        unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
        unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
        unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
        unused_handler, unused_handler,
    },
};

extern "C" {

// Coprocessors 10 and 11: floating point and vectors, before any code that may use them.
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
#define GANGLION_ENABLE_COPROCESSORS \
    "ldr r0, =0xe000ed88 \n"         \
    "ldr r1, [r0]        \n"         \
    "ldr r2, =0x00f00000 \n"         \
    "orrs r1, r2         \n"         \
    "str r1, [r0]        \n"         \
    "dsb                 \n"         \
    "isb                 \n"
#else
#define GANGLION_ENABLE_COPROCESSORS ""
#endif

__attribute__((naked)) void reset_handler() {
    // Paint the stack below the stack pointer, to be able to say how much of it was ever used. In
    // instructions that Cortex-M0 has.
    asm volatile(".syntax unified \n" GANGLION_ENABLE_COPROCESSORS
                 "ldr r0, =stack_bottom \n"
                 "mov r1, sp          \n"
                 "ldr r2, =0xa5a5a5a5 \n"
                 "1: stm r0!, {r2}    \n"
                 "cmp r0, r1          \n"
                 "blo 1b              \n"
                 "bl prepare_memory   \n"
                 "bl main             \n"
                 "bl end_with         \n");
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

void fault_handler() {
    ganglion::firmware::on_fault();
    ganglion::firmware::semihosting::write_text("fault: the processor stopped\n");
    ganglion::firmware::semihosting::exit(250);
}

void unused_handler() {
    ganglion::firmware::semihosting::write_text("fault: an interrupt without a handler\n");
    ganglion::firmware::semihosting::exit(251);
}

}  // extern "C"

__attribute__((weak)) void ganglion::firmware::on_fault() {}
