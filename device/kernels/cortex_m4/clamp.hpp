#pragma once

#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/packed.hpp"

namespace ganglion::cortex_m4 {

/// Clamps outputs, already saturated to int8, to a range that is narrower than int8.
inline void clamp(int8_t* values, uint32_t count, const OutputRange& range) {
    if (range.minimum == -128 && range.maximum == 127) return;
    const uint32_t lowest = static_cast<uint8_t>(range.minimum) * 0x01010101U;
    const uint32_t highest = static_cast<uint8_t>(range.maximum) * 0x01010101U;
    for (; count >= 4; count -= 4, values += 4) {
        uint32_t four = dsp::load(values);
        uint32_t unused = 0;
        asm("ssub8 %1, %0, %2\n\t"
            "sel %0, %0, %2\n\t"
            "ssub8 %1, %3, %0\n\t"
            "sel %0, %0, %3"
            : "+r"(four), "=&r"(unused)
            : "r"(lowest), "r"(highest));
        dsp::store(values, four);
    }
    for (; count > 0; --count, ++values) *values = clamp_to(range, *values);
}

}  // namespace ganglion::cortex_m4
