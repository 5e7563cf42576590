#pragma once

#include <immintrin.h>

#include <cstring>

#include "device/kernels/x86/paths.hpp"

// What the files for AVX2 share, and no other file includes: eight lanes of int32 a vector.

namespace ganglion::x86::avx2 {

void conv(const ConvBand& band);
/// A convolution by fewer products. False where it has another form; nothing is done then.
bool winograd(const ConvBand& band);
void depthwise(const DepthwiseBand& band);
uint32_t add(const Addition& addition, uint32_t count);

inline __m256i load(const void* at) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

inline void store(void* at, __m256i values) {
    _mm256_storeu_si256(static_cast<__m256i*>(at), values);
}

/// Scales of 8 lanes, ready for interleaved_requantize().
struct Scales {
    __m256i multiplier, odd_multiplier, even_addend, odd_addend, shift;

    /// `multipliers`: the lanes' multipliers; addends and shifts follow, `lanes` * 4 bytes apart.
    Scales(const uint8_t* multipliers, size_t lanes)
        : Scales(load(multipliers), load(multipliers + 4 * lanes), load(multipliers + 8 * lanes)) {}

    Scales(__m256i multipliers, __m256i addend, __m256i shifts)
        : multiplier(multipliers), shift(shifts) {
        const __m256i half = _mm256_set1_epi64x(int64_t{1} << 31);
        odd_multiplier = _mm256_srli_epi64(multiplier, 32);
        even_addend = _mm256_or_si256(_mm256_slli_epi64(addend, 32), half);
        odd_addend = _mm256_blend_epi32(half, addend, 0xAA);
    }
};

template <bool ties_away>
__m256i requantize(__m256i sum, const Scales& scales) {
    const __m256i even =
        _mm256_add_epi64(_mm256_mul_epu32(sum, scales.multiplier), scales.even_addend);
    const __m256i odd = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64(sum, 32), scales.odd_multiplier), scales.odd_addend);
    __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    if (ties_away) {
        // 0 for a negative sum, whose upper bit is clear, else -1.
        const __m256i positive = _mm256_srai_epi32(sum, 31);
        high = _mm256_sub_epi32(_mm256_add_epi32(high, _mm256_set1_epi32(-1)), positive);
    }
    return _mm256_srav_epi32(high, scales.shift);
}

/// Four vectors of lanes to bytes: in each 16-byte half, 4 lanes of each vector.
inline __m256i narrow(const __m256i* four, __m256i minimum, __m256i maximum) {
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(four[0], four[1]),
                                             _mm256_packs_epi32(four[2], four[3]));
    return _mm256_min_epi8(_mm256_max_epi8(bytes, minimum), maximum);
}

/// The same bytes, those of each two vectors one after another.
inline __m256i in_order(__m256i narrowed) {
    return _mm256_permutevar8x32_epi32(narrowed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/// The first `count` of 16 bytes.
inline void store_some(__m128i bytes, uint32_t count, int8_t* to) {
    if (count >= 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    if ((count & 8) != 0) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), bytes);
        bytes = _mm_unpackhi_epi64(bytes, bytes);
        to += 8;
    }
    auto word = static_cast<uint64_t>(_mm_cvtsi128_si64(bytes));
    if ((count & 4) != 0) {
        std::memcpy(to, &word, 4);
        word >>= 32;
        to += 4;
    }
    if ((count & 2) != 0) {
        std::memcpy(to, &word, 2);
        word >>= 16;
        to += 2;
    }
    if ((count & 1) != 0) std::memcpy(to, &word, 1);
}

/// Two int16 in every lane.
inline __m256i pair_at(const int16_t* at) {
    int32_t pair;
    std::memcpy(&pair, at, sizeof pair);
    return _mm256_set1_epi32(pair);
}

inline __m256i add_products(__m256i sum, __m256i values, __m256i weights) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(values, weights));
}

/// uint8 to int16.
inline void widen(const uint8_t* from, size_t count, int16_t* to) {
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        store(to + i,
              _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
    for (; i < count; ++i) to[i] = from[i];
}

/// Four taps of eight lanes as int16: pairs of the first two, and of the last two.
inline void widen_taps(__m256i taps, int16_t* first, int16_t* second) {
    const __m256i lanes = _mm256_setr_epi32(0, 0x04040404, 0x08080808, 0x0C0C0C0C, 0, 0x04040404,
                                            0x08080808, 0x0C0C0C0C);
    // Each byte goes above a zero, which 0xFF chooses, and is shifted down with its sign.
    const __m256i low = _mm256_or_si256(lanes, _mm256_set1_epi32(0x01FF00FF));
    const __m256i high = _mm256_or_si256(lanes, _mm256_set1_epi32(0x03FF02FF));
    store(first, _mm256_srai_epi16(_mm256_shuffle_epi8(taps, low), 8));
    store(second, _mm256_srai_epi16(_mm256_shuffle_epi8(taps, high), 8));
}

/// Weights of a convolution's record as int16: for each two taps, pairs of 16 channels.
inline void widen_weights(const uint8_t* weights, size_t count, int16_t* to) {
    for (size_t i = 0; i < count; i += 64, to += 64) {
        widen_taps(load(weights + i), to, to + 32);
        widen_taps(load(weights + i + 32), to + 16, to + 48);
    }
}

}  // namespace ganglion::x86::avx2
