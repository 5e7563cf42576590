#include "device/kernels/x86/avx2.hpp"

// Additions in 32 bits: a side's multiplier is 2^16 high + low, and so is its addend. Then
//   (v * multiplier + addend) >> shift
// is, for shifts from 16 on,
//   (v * high + ((v * low + low addend) >> 16) + high addend) >> (shift - 16)
// and below
//   ((v * high) << (16 - shift)) + ((v * low + addend) >> shift)

namespace ganglion::x86::avx2 {
namespace {

/// One side of 16 elements at a time: two vectors, lanes in the order of unpacking.
class Side {
  public:
    explicit Side(const Addition::Side& side)
        : values_(side.values),
          zero_point_(_mm256_set1_epi16(static_cast<int16_t>(side.zero_point))),
          high_(_mm256_set1_epi32(high_of(side))),
          low_(_mm256_set1_epi32(static_cast<uint16_t>(side.multiplier) |
                                 static_cast<int32_t>(side.tie) * 65536)),
          left_(_mm_cvtsi32_si128(side.shift < 16 ? 16 - side.shift : 0)),
          middle_(_mm_cvtsi32_si128(side.shift < 16 ? side.shift : 16)),
          right_(_mm_cvtsi32_si128(side.shift < 16 ? 0 : side.shift - 16)) {
        // The addend is of the value, its zero point taken off.
        const int64_t addend = side.addend + int64_t{side.zero_point} * side.multiplier;
        const int64_t upper = side.shift < 16 ? 0 : addend >> 16;
        low_addend_ = _mm256_set1_epi32(static_cast<int32_t>(addend - upper * 65536));
        high_addend_ = _mm256_set1_epi32(static_cast<int32_t>(upper));
    }

    /// Whether the multiplier's upper half and the tie are int16.
    static bool fits(const Addition::Side& side) {
        return high_of(side) <= INT16_MAX && side.tie <= INT16_MAX;
    }

    void operator()(uint32_t at, __m256i* two) const {
        const __m256i value = _mm256_sub_epi16(
            _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values_ + at))),
            zero_point_);
        const __m256i negative = _mm256_srai_epi16(value, 15);  // -1, which takes the tie off
        two[0] = scaled(_mm256_unpacklo_epi16(value, negative));
        two[1] = scaled(_mm256_unpackhi_epi16(value, negative));
    }

  private:
    /// The multiplier's upper half, where its lower one is signed.
    static int32_t high_of(const Addition::Side& side) {
        return static_cast<int32_t>((int64_t{side.multiplier} + 32768) >> 16);
    }

    __m256i scaled(__m256i pairs) const {
        const __m256i high = _mm256_sll_epi32(_mm256_madd_epi16(pairs, high_), left_);
        const __m256i low = _mm256_sra_epi32(
            _mm256_add_epi32(_mm256_madd_epi16(pairs, low_), low_addend_), middle_);
        return _mm256_sra_epi32(_mm256_add_epi32(_mm256_add_epi32(high, high_addend_), low),
                                right_);
    }

    const int8_t* values_;
    __m256i zero_point_, high_, low_, low_addend_, high_addend_;
    __m128i left_, middle_, right_;
};

template <bool ties_away>
uint32_t add_elements(const Addition& addition, uint32_t count) {
    const Side first(addition.first);
    const Side second(addition.second);
    // As of a convolution's sums: 2^31 more, which the addend takes off.
    const uint32_t addend =
        static_cast<uint32_t>(addition.addend >> 31) - static_cast<uint32_t>(addition.multiplier);
    const Scales scales(
        _mm256_set1_epi32(static_cast<int32_t>(2U * static_cast<uint32_t>(addition.multiplier))),
        _mm256_set1_epi32(static_cast<int32_t>(addend)), _mm256_set1_epi32(addition.shift - 31));
    const __m256i bias = _mm256_set1_epi32(INT32_MIN);
    const __m256i minimum = _mm256_set1_epi8(addition.minimum);
    const __m256i maximum = _mm256_set1_epi8(addition.maximum);
    uint32_t at = 0;
    for (; at + 32 <= count; at += 32) {
        __m256i four[4];
        __m256i others[4];
        first(at, four);
        first(at + 16, four + 2);
        second(at, others);
        second(at + 16, others + 2);
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
            const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(four[i], others[i]), bias);
            four[i] = requantize<ties_away>(sum, scales);
        }
        // 0 to 7 and 16 to 23 in the lower half, the others in the upper one.
        store(addition.output + at, _mm256_permute4x64_epi64(narrow(four, minimum, maximum), 0xD8));
    }
    return at;
}

}  // namespace

uint32_t add(const Addition& addition, uint32_t count) {
    if (!Side::fits(addition.first) || !Side::fits(addition.second)) return 0;
    return addition.tie == 0 ? add_elements<false>(addition, count)
                             : add_elements<true>(addition, count);
}

}  // namespace ganglion::x86::avx2
