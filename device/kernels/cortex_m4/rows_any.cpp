#include "device/kernels/cortex_m4/rows_any.hpp"

#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::cortex_m4 {
namespace {

struct Sums {
    int32_t first = 0, second = 0;
};

/// One kernel row's part of two neighbouring outputs, which share the weights' sign extension.
inline Sums add_row(Sums sums, const int16_t* taps, uint32_t stride, const uint32_t* weights,
                    const uint32_t* end) {
    const int16_t* next = taps + stride;
    do {
        const uint32_t four = *weights++;
        const uint32_t low = dsp::even_bytes(four);
        sums.first = dsp::multiply_add(dsp::load(taps), low, sums.first);
        sums.second = dsp::multiply_add(dsp::load(next), low, sums.second);
        const uint32_t high = dsp::odd_bytes(four);
        sums.first = dsp::multiply_add(dsp::load(taps + 2), high, sums.first);
        sums.second = dsp::multiply_add(dsp::load(next + 2), high, sums.second);
        taps += 4;
        next += 4;
    } while (weights != end);
    return sums;
}

}  // namespace

void rows_any(const RowsAny& work) {
    const uint32_t stride = work.stride;
    const uint32_t words = work.words;
    const uint32_t channels = work.channels;
    const int32_t multiplier = work.multiplier;
    const auto rounding = static_cast<int32_t>(work.rounding);
    const uint32_t shift = work.shift_less_1;
    int8_t* output = work.output;
    const auto put = [&](int32_t sum) {
        const auto twice = static_cast<int32_t>(2 * static_cast<uint32_t>(sum) + work.twice_bias);
        const int32_t high =
            dsp::high_multiply_add(twice, multiplier, add_wrapping(rounding, twice >> 31));
        *output = static_cast<int8_t>(__ssat(high >> shift >> 1, 8));
        output += channels;
    };
    const int16_t* image = work.image;
    for (uint32_t y = work.rows; y > 0; --y, image += work.step) {
        const int16_t* left = image;
        for (uint32_t x = work.width;; x -= 2, left += 2 * stride) {
            const uint32_t* weights = work.weights;
            Sums sums = add_row({}, left, stride, weights, weights + words);
            const int16_t* taps = left;
            for (uint32_t more = work.kernel_height - 1; more > 0; --more) {
                taps += work.columns;
                weights += words;
                sums = add_row(sums, taps, stride, weights, weights + words);
            }
            put(sums.first);
            if (x == 1) break;
            put(sums.second);
            if (x == 2) break;
        }
    }
}

}  // namespace ganglion::cortex_m4
