#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "device/kernels/requantize.hpp"

// Operations whose name begins with `packed` compute what their plain namesakes do, from weights
// and constants laid out for the dual 16-bit multiplier of Cortex-M4. Every target runs them with
// equal bits; docs/decisions/0004-packed-operations.md says why they are operations of their own.

namespace ganglion {

/// How sums of one output channel become int8, in the fewest instructions that give the reference's
/// double rounding for a right shift of 1 to 22 and sums below 2^29:
/// ((sum * multiplier * 2^-31, rounded) + ties away from zero) >> (1 + shift_less_1), + zero point.
struct PackedScale {
    int32_t multiplier;  ///< 0 or in [2^30, 2^31)
    uint32_t shift_less_1;
};

/// Largest shift_less_1 that leaves room for the zero point above it.
inline constexpr uint32_t kMostPackedShift = 21;

/// `twice`: two times the sum, bias included. `zero_point`: of the output.
constexpr int32_t packed_requantize(int32_t twice, const PackedScale& scale, int32_t zero_point) {
    const int64_t product = static_cast<int64_t>(twice) * scale.multiplier;
    const auto high = static_cast<int32_t>((product + (int64_t{1} << 31)) >> 32);
    const int32_t rounding =
        shift_left(2 * zero_point + 1, static_cast<int32_t>(scale.shift_less_1));
    const int32_t sum = add_wrapping(add_wrapping(high, rounding), twice < 0 ? -1 : 0);
    return std::clamp<int32_t>(sum >> scale.shift_less_1 >> 1, -128, 127);
}

constexpr int8_t clamp_to(const OutputRange& range, int32_t value) {
    return static_cast<int8_t>(std::clamp(value, static_cast<int32_t>(range.minimum),
                                          static_cast<int32_t>(range.maximum)));
}

/// Weights of two output channels as one int16: 256 * odd + even, so that one multiplier sums
/// 256 * odd sum + even sum. odd may be -128 only where even is not negative.
constexpr int32_t even_weight(uint16_t pair) {
    return static_cast<int8_t>(pair & 0xff);
}
constexpr int32_t odd_weight(uint16_t pair) {
    return (static_cast<int16_t>(pair) - even_weight(pair)) >> 8;
}

/// Taps 0, 2, 1, 3: the order in which bytes come out of two sign extensions of a word.
constexpr uint32_t packed_tap(uint32_t position) {
    constexpr uint32_t kTaps[] = {0, 2, 1, 3};
    return (position & ~3U) + kTaps[position & 3];
}

constexpr uint32_t round_up_to_4(uint32_t value) {
    return (value + 3) & ~3U;
}

}  // namespace ganglion
