#include "device/features/time_features.hpp"

#include <algorithm>
#include <bit>

#include "device/features/integer_log2.hpp"

namespace ganglion {

void time_features(const int16_t* samples, uint32_t count, uint32_t step, int16_t* out) {
    out[0] = out[1] = out[2] = 0;
    if (count == 0) return;
    int32_t sum = 0;  // at most 2048 * 2^15
    for (uint32_t i = 0; i < count; ++i) sum += samples[i * step];
    const int32_t mean = sum / static_cast<int32_t>(count);
    uint32_t peak = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const int32_t x = samples[i * step] - mean;
        peak = std::max(peak, static_cast<uint32_t>(x < 0 ? -x : x));
    }
    // 13 bits: the sum of 2048 fourth powers stays below 2^63.
    const int32_t width = std::bit_width(peak);
    const int32_t shift = width > 13 ? width - 13 : 0;
    uint64_t squares = 0;
    uint64_t fourths = 0;
    for (uint32_t i = 0; i < count; ++i) {
        const int32_t x = samples[i * step] - mean;
        const uint32_t magnitude = static_cast<uint32_t>(x < 0 ? -x : x) >> shift;
        const uint64_t square = static_cast<uint64_t>(magnitude) * magnitude;
        squares += square;
        fourths += square * square;
    }
    if (squares == 0) return;
    const int32_t log_count = log2_q8(count);
    const int32_t log_squares = log2_q8(squares);
    const int32_t log_peak = log2_q8(peak >> shift);
    // A signal of a few LSB has a mean square below 1 and so a negative logarithm: kept.
    out[0] = static_cast<int16_t>(log_squares - log_count + 512 * shift);
    out[1] = static_cast<int16_t>(2 * log_peak + log_count - log_squares);
    out[2] = static_cast<int16_t>(log2_q8(fourths) + log_count - 2 * log_squares);
}

}  // namespace ganglion
