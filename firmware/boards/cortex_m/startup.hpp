#pragma once

#include <cstdint>

/// Start-up for images on the Arm boards: vectors, floating point and vector unit, data,
/// constructors, then `int main()`; its return value ends the emulator. An image defines `extern
/// "C" void systick_handler()`, `pendsv_handler()` and `timer1_handler()` where it uses them.
namespace ganglion::firmware {

/// Bytes of the main stack that no code has touched since reset.
uint32_t main_stack_free();

/// Called on a processor fault, before the emulator ends. An image may define it.
void on_fault();

}  // namespace ganglion::firmware
