#include "device/kernels/int16_reduce.hpp"

#include <algorithm>

#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

/// output = result(of its inputs) for each; of its inputs: begins with the first, then takes each,
/// the first again.
template <typename Begin, typename Take, typename Result>
void reduce(const Int16ReduceOp& op, int8_t* arena, Begin begin, Take take, Result result) {
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const uint32_t of_middle = op.second * op.inner;
    const uint32_t of_first = op.middle * of_middle;
    for (uint32_t a = 0; a < op.outer; ++a) {
        for (uint32_t b = 0; b < op.middle; ++b) {
            const int16_t* from = input + (a * op.first * op.middle + b) * of_middle;
            for (uint32_t c = 0; c < op.inner; ++c) {
                int32_t value = begin(from[c]);
                for (uint32_t i = 0; i < op.first; ++i) {
                    for (uint32_t k = 0; k < op.second; ++k)
                        value = take(value, from[c + i * of_first + k * op.inner]);
                }
                *output++ = static_cast<int16_t>(result(value));
            }
        }
    }
}

}  // namespace

void int16_reduce_sum(const Int16ReduceOp& op, int8_t* arena, const uint8_t*) {
    reduce(
        op, arena, [](int16_t) { return 0; },
        [](int32_t sum, int16_t value) { return sum + value; },
        [&](int32_t sum) {
            return std::clamp<int32_t>(requantize(sum, op.multiplier, op.shift), -32768, 32767);
        });
}

void int16_reduce_maximum(const Int16ReduceOp& op, int8_t* arena, const uint8_t*) {
    reduce(
        op, arena, [](int16_t first) { return first; },
        [](int32_t most, int16_t value) { return std::max<int32_t>(most, value); },
        [](int32_t most) { return most; });
}

void int16_reduce_minimum(const Int16ReduceOp& op, int8_t* arena, const uint8_t*) {
    reduce(
        op, arena, [](int16_t first) { return first; },
        [](int32_t least, int16_t value) { return std::min<int32_t>(least, value); },
        [](int32_t least) { return least; });
}

}  // namespace ganglion
