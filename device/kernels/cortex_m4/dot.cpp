#include "device/kernels/dot.hpp"

#include "device/kernels/cortex_m4/dsp.hpp"

namespace ganglion {

int32_t dot(const int8_t* a, const int8_t* b, uint32_t count) {
    int32_t sum = 0;
    for (; count >= 4; count -= 4, a += 4, b += 4) {
        const uint32_t first = dsp::load(a);
        const uint32_t second = dsp::load(b);
        sum = dsp::multiply_add(dsp::even_bytes(first), dsp::even_bytes(second), sum);
        sum = dsp::multiply_add(dsp::odd_bytes(first), dsp::odd_bytes(second), sum);
    }
    for (; count > 0; --count) sum += *a++ * *b++;
    return sum;
}

}  // namespace ganglion
