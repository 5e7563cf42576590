#pragma once

#include <cstdint>

#include "device/kernels/requantize.hpp"

// Operations whose name begins with `interleaved` compute what their plain namesakes do, from
// weights laid out for vector units that multiply four neighbouring bytes by four others and add
// the products to a 32-bit lane (VPDPBUSD of AVX-512 VNNI): four taps of one channel lie together,
// channels beside each other. One side of that multiplication is unsigned, so the image is taken
// plus 128, which the bias makes up for. Every target runs them with equal bits;
// docs/decisions/0005-interleaved-operations.md says why they are operations of their own.

namespace ganglion {

/// Taps that are multiplied at once.
inline constexpr uint32_t kInterleavedTaps = 4;

/// Rounding shifts that leave room for the zero point above them.
inline constexpr uint32_t kMostInterleavedShift = 22;

/// How sums of a block of channels become int8, one entry a lane, at the begin of its record. For a
/// channel whose plain form has bias b, multiplier m and shift -r, r at least 1:
///   bias        b - 128 * sum of its weights + 2^31, modulo 2^32
///   multiplier  2 m
///   addend      2^(r-1) + 2^r * output zero point - m, modulo 2^32
///   shift       r
template <uint32_t lanes>
struct InterleavedScales {
    uint32_t bias[lanes];
    uint32_t multiplier[lanes];
    uint32_t addend[lanes];
    uint32_t shift[lanes];
};

/// The reference's two roundings at the price of one multiplication, addition and shift. `sum` is
/// 2^31 more than the true one, so that its product with 2 m has 2^32 m too much, which the addend
/// takes off; the second rounding and the zero point ride along. `ties_away`: a negative sum rounds
/// ties down. Exact for sums and addends that together stay within 32 bits, which the compiler
/// checks.
constexpr int32_t interleaved_requantize(uint32_t sum, uint32_t multiplier, uint32_t addend,
                                         uint32_t shift, bool ties_away) {
    const uint64_t product =
        uint64_t{sum} * multiplier + (uint64_t{addend} << 32) + (uint64_t{1} << 31);
    const auto high = static_cast<uint32_t>(product >> 32);
    const uint32_t down = ties_away && sum < (uint32_t{1} << 31) ? 1 : 0;
    return static_cast<int32_t>(high - down) >> shift;
}

/// Image bytes as the interleaved kernels keep them in scratch: value + 128.
constexpr uint8_t plus_128(int8_t value) {
    return static_cast<uint8_t>(static_cast<uint8_t>(value) ^ 0x80U);
}

/// Bytes of a scratch image, `slack` included; more than any arena where it would overflow.
constexpr uint64_t interleaved_image_bytes(uint64_t rows, uint64_t columns, uint64_t channels,
                                           uint64_t slack) {
    const uint64_t pixels = rows * columns;
    return pixels > UINT32_MAX ? UINT64_MAX / 2 : pixels * channels + slack;
}

}  // namespace ganglion
