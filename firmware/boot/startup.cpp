#include <cstdint>

// The boot loader's own start-up: no interrupts, no constructors, nothing that the firmware's
// start-up offers beyond memory that is set up.

extern "C" {

extern uint32_t stack_top;
extern uint32_t data_start, data_end, data_load, bss_start, bss_end;
[[noreturn]] void boot_main();
[[noreturn]] void boot_reset();
[[noreturn]] void boot_fault();

void boot_reset() {
    const uint32_t* from = &data_load;
    for (volatile uint32_t* to = &data_start; to < &data_end;) *to++ = *from++;
    for (volatile uint32_t* to = &bss_start; to < &bss_end;) *to++ = 0;
    boot_main();
}

// The processor starts anew.
void boot_fault() {
    *reinterpret_cast<volatile uint32_t*>(0xe000ed0c) = 0x05fa0004;
    while (true) {
    }
}

using Handler = void (*)();
__attribute__((section(".vectors"), used)) const Handler boot_vectors[16] = {
    reinterpret_cast<Handler>(&stack_top),
    boot_reset,
    boot_fault,
    boot_fault,
    boot_fault,
    boot_fault,
    boot_fault,
};

}  // extern "C"
