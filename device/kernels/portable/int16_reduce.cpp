#include "device/kernels/int16_reduce.hpp"

#include <algorithm>

#include "device/kernels/requantize.hpp"

namespace ganglion {

void int16_reduce_sum(const Int16ReduceOp& op, int8_t* arena, const uint8_t*) {
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const uint32_t of_middle = op.second * op.inner;
    const uint32_t of_first = op.middle * of_middle;
    for (uint32_t a = 0; a < op.outer; ++a) {
        for (uint32_t b = 0; b < op.middle; ++b) {
            const int16_t* from = input + (a * op.first * op.middle + b) * of_middle;
            for (uint32_t c = 0; c < op.inner; ++c) {
                int32_t sum = 0;
                for (uint32_t i = 0; i < op.first; ++i) {
                    for (uint32_t k = 0; k < op.second; ++k)
                        sum += from[c + i * of_first + k * op.inner];
                }
                *output++ = static_cast<int16_t>(
                    std::clamp<int32_t>(requantize(sum, op.multiplier, op.shift), -32768, 32767));
            }
        }
    }
}

}  // namespace ganglion
