#include "device/features/integer_log2.hpp"

#include <array>
#include <bit>

namespace ganglion {

namespace {

constexpr uint32_t kSegments = 64;

// log2(1 + i/64) in Q16 by the digit recurrence: square, and each time it reaches 2, halve and note
// a 1.
constexpr uint32_t log2_digits(uint32_t i) {
    double x = 1.0 + static_cast<double>(i) / kSegments;
    if (i == kSegments) return 1U << 16U;
    uint32_t digits = 0;
    for (int bit = 0; bit < 18; ++bit) {
        x *= x;
        digits <<= 1U;
        if (x >= 2.0) {
            x *= 0.5;
            digits |= 1U;
        }
    }
    return (digits + 2U) >> 2U;
}

constexpr auto make_table() {
    std::array<uint32_t, kSegments + 1> table{};
    for (uint32_t i = 0; i <= kSegments; ++i) table[i] = log2_digits(i);
    return table;
}

constexpr std::array<uint32_t, kSegments + 1> log2_table = make_table();

}  // namespace

int32_t log2_q8(uint64_t value) {
    if (value == 0) return 0;
    const uint32_t exponent = 63U - static_cast<uint32_t>(std::countl_zero(value));
    // The 16 bits below the leading one: 6 choose the segment, 10 interpolate in it.
    const uint32_t mantissa = static_cast<uint32_t>((value << (63U - exponent)) >> 47U) & 0xFFFFU;
    const uint32_t segment = mantissa >> 10U;
    const uint32_t low = log2_table[segment];
    const uint32_t high = log2_table[segment + 1];
    const uint32_t fraction = low + (((high - low) * (mantissa & 0x3FFU)) >> 10U);
    return static_cast<int32_t>(((exponent << 16U) + fraction + 128U) >> 8U);
}

uint32_t exp2_q8(int32_t log) {
    uint32_t low = 0;
    uint32_t high = 1U << 24U;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (log2_q8(middle) >= log)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

}  // namespace ganglion
