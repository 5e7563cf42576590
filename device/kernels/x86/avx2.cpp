#include <immintrin.h>

#include <cstring>

#include "device/kernels/x86/paths.hpp"

// AVX2: bytes widened to pairs of int16, 16 products an instruction.

namespace ganglion::x86 {
namespace {

/// Four bytes a 32-bit lane as two pairs of int16: bytes 0 and 2, 1 and 3.
struct Pairs {
    __m256i even, odd;
};

Pairs of_weights(__m256i bytes) {
    return {_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8)};
}

Pairs of_image(__m256i bytes) {
    return {_mm256_and_si256(bytes, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(bytes, 8)};
}

__m256i add_products(__m256i sum, const Pairs& values, const Pairs& weights) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values.even, weights.even));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(values.odd, weights.odd));
}

__m256i load(const void* at) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

/// Scales of 8 lanes, ready for interleaved_requantize().
struct Scales {
    __m256i multiplier, odd_multiplier, even_addend, odd_addend, shift;

    /// `multipliers`: the lanes' multipliers; addends and shifts follow, `lanes` * 4 bytes apart.
    Scales(const uint8_t* multipliers, size_t lanes) {
        multiplier = load(multipliers);
        const __m256i addend = load(multipliers + 4 * lanes);
        shift = load(multipliers + 8 * lanes);
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
__m256i narrow(const __m256i* four, __m256i minimum, __m256i maximum) {
    const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(four[0], four[1]),
                                             _mm256_packs_epi32(four[2], four[3]));
    return _mm256_min_epi8(_mm256_max_epi8(bytes, minimum), maximum);
}

void store(__m128i bytes, size_t count, int8_t* to) {
    if (count == 16) return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    alignas(16) int8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), bytes);
    std::memcpy(to, all, count);
}

constexpr uint32_t kChannels = 16;
constexpr uint32_t kPixels = 4;
constexpr size_t kScaleBytes = size_t{4} * 4 * kChannels;

Pairs four_bytes(const uint8_t* at) {
    int32_t word;
    std::memcpy(&word, at, sizeof word);
    return of_image(_mm256_set1_epi32(word));
}

/// Four output pixels by 16 channels.
template <bool ties_away>
void tile(const ConvBand& band, const uint8_t* record, uint32_t channels,
          const uint8_t* const* image, int8_t* const* output) {
    __m256i sums[kPixels][2];
#pragma GCC unroll 4
    for (auto& of_pixel : sums) {
        of_pixel[0] = load(record);
        of_pixel[1] = load(record + 32);
    }
    const uint8_t* weights = record + kScaleBytes;
    for (uint32_t row = 0; row < band.kernel_rows; ++row) {
        const size_t begin = row * band.kernel_step;
        const size_t end = begin + size_t{4} * band.groups;
        for (size_t tap = begin; tap < end; tap += 4, weights += 64) {
            const Pairs low = of_weights(load(weights));
            const Pairs high = of_weights(load(weights + 32));
#pragma GCC unroll 4
            for (uint32_t i = 0; i < kPixels; ++i) {
                const Pairs values = four_bytes(image[i] + tap);
                sums[i][0] = add_products(sums[i][0], values, low);
                sums[i][1] = add_products(sums[i][1], values, high);
            }
        }
    }
    const __m256i minimum = _mm256_set1_epi8(band.minimum);
    const __m256i maximum = _mm256_set1_epi8(band.maximum);
    const Scales low(record + 64, kChannels);
    const Scales high(record + 96, kChannels);
#pragma GCC unroll 2
    for (uint32_t i = 0; i < kPixels; i += 2) {
        const __m256i four[4] = {requantize<ties_away>(sums[i][0], low),
                                 requantize<ties_away>(sums[i][1], high),
                                 requantize<ties_away>(sums[i + 1][0], low),
                                 requantize<ties_away>(sums[i + 1][1], high)};
        // Channels 0-3 and 8-11 of both pixels, then 4-7 and 12-15: in order again.
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        const __m256i bytes = _mm256_permutevar8x32_epi32(narrow(four, minimum, maximum), order);
        store(_mm256_castsi256_si128(bytes), channels, output[i]);
        store(_mm256_extracti128_si256(bytes, 1), channels, output[i + 1]);
    }
}

template <bool ties_away>
void conv_blocks(const ConvBand& band) {
    for (uint32_t channel = 0; channel < band.channels; channel += kChannels) {
        const uint8_t* record = band.records + channel / kChannels * band.record_bytes;
        const uint32_t left = band.channels - channel;
        const uint32_t channels = left < kChannels ? left : kChannels;
        const uint8_t* line = band.image;
        const uint8_t* pixel = line;
        int8_t* to = band.output + channel;
        uint32_t x = 0;
        for (uint32_t done = 0; done < band.pixels; done += kPixels) {
            const uint8_t* image[kPixels];
            int8_t* output[kPixels];
            for (uint32_t i = 0; i < kPixels; ++i) {
                image[i] = pixel;
                output[i] = to;
                if (done + i + 1 >= band.pixels) continue;  // the last one stands in for the rest
                to += band.channels;
                pixel += band.pixel_step;
                if (++x < band.width) continue;
                x = 0;
                line += band.line_step;
                pixel = line;
            }
            tile<ties_away>(band, record, channels, image, output);
        }
    }
}

void conv(const ConvBand& band) {
    band.ties_away ? conv_blocks<true>(band) : conv_blocks<false>(band);
}

/// Four taps of 32 lanes side by side, in the order of half a record.
void interleave(const uint8_t* image, const uint32_t* taps, __m256i* four) {
    const __m256i a = load(image + taps[0]);
    const __m256i b = load(image + taps[1]);
    const __m256i c = load(image + taps[2]);
    const __m256i d = load(image + taps[3]);
    const __m256i low_ab = _mm256_unpacklo_epi8(a, b);
    const __m256i low_cd = _mm256_unpacklo_epi8(c, d);
    const __m256i high_ab = _mm256_unpackhi_epi8(a, b);
    const __m256i high_cd = _mm256_unpackhi_epi8(c, d);
    four[0] = _mm256_unpacklo_epi16(low_ab, low_cd);
    four[1] = _mm256_unpackhi_epi16(low_ab, low_cd);
    four[2] = _mm256_unpacklo_epi16(high_ab, high_cd);
    four[3] = _mm256_unpackhi_epi16(high_ab, high_cd);
}

/// 32 lanes, those of one half of the record.
template <bool ties_away>
__m256i depthwise_half(const DepthwiseRow& row, const uint8_t* image, const uint8_t* record) {
    __m256i sums[4];
    for (uint32_t k = 0; k < 4; ++k) sums[k] = load(record + 64 * k);
    const uint8_t* weights = record + 4 * size_t{256};
    for (uint32_t group = 0; group < row.groups; ++group, weights += 256) {
        __m256i values[4];
        interleave(image, row.taps + size_t{4} * group, values);
#pragma GCC unroll 4
        for (uint32_t k = 0; k < 4; ++k) {
            sums[k] =
                add_products(sums[k], of_image(values[k]), of_weights(load(weights + 64 * k)));
        }
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < 4; ++k)
        sums[k] = requantize<ties_away>(sums[k], Scales(record + 256 + 64 * k, 64));
    return narrow(sums, _mm256_set1_epi8(row.minimum), _mm256_set1_epi8(row.maximum));
}

template <bool ties_away>
void depthwise_row(const DepthwiseRow& row) {
    for (uint32_t item = 0; item < row.items; ++item) {
        const size_t at = size_t{item} * row.step;
        const size_t lanes = row.bytes - at < row.lanes ? row.bytes - at : row.lanes;
        for (size_t half = 0; half < lanes; half += 32) {
            const __m256i bytes =
                depthwise_half<ties_away>(row, row.image + at + half, row.record + half);
            int8_t* to = row.output + at + half;
            if (lanes - half >= 32) {
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
                continue;
            }
            alignas(32) int8_t all[32];
            _mm256_store_si256(reinterpret_cast<__m256i*>(all), bytes);
            std::memcpy(to, all, lanes - half);
        }
    }
}

void depthwise(const DepthwiseRow& row) {
    row.ties_away ? depthwise_row<true>(row) : depthwise_row<false>(row);
}

void copy_plus_128(const int8_t* from, size_t step, size_t bytes, size_t count, uint8_t* to) {
    const __m256i flip = _mm256_set1_epi8(-128);
    for (; count > 0; --count, from += step, to += bytes) {
        size_t at = 0;
        for (; at + 32 <= bytes; at += 32) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at),
                                _mm256_xor_si256(load(from + at), flip));
        }
        for (; at + 8 <= bytes; at += 8) {
            uint64_t word;
            std::memcpy(&word, from + at, 8);
            word ^= 0x8080808080808080U;
            std::memcpy(to + at, &word, 8);
        }
        for (; at < bytes; ++at) to[at] = static_cast<uint8_t>(from[at] ^ -128);
    }
}

/// x >> shift for |x| < 2^62: AVX2 has no arithmetic shift of 64 bits.
class ShiftRight {
  public:
    explicit ShiftRight(int32_t shift)
        : shift_(_mm_cvtsi32_si128(shift)), shifted_(_mm256_srl_epi64(lift(), shift_)) {}

    __m256i operator()(__m256i x) const {
        return _mm256_sub_epi64(_mm256_srl_epi64(_mm256_add_epi64(x, lift()), shift_), shifted_);
    }

  private:
    static __m256i lift() { return _mm256_set1_epi64x(int64_t{1} << 62); }

    __m128i shift_;
    __m256i shifted_;
};

/// One side of an addition, 4 elements in 64-bit lanes: both roundings in one shift.
class Side {
  public:
    explicit Side(const Addition::Side& side)
        : values_(side.values),
          zero_point_(_mm256_set1_epi64x(side.zero_point)),
          multiplier_(_mm256_set1_epi64x(side.multiplier)),
          addend_(_mm256_set1_epi64x(side.addend)),
          tie_(_mm256_set1_epi64x(side.tie)),
          shift_(side.shift) {}

    __m256i operator()(uint32_t at) const {
        int32_t word;
        std::memcpy(&word, values_ + at, sizeof word);
        const __m256i value = _mm256_cvtepi8_epi64(_mm_cvtsi32_si128(word));
        const __m256i sum = _mm256_add_epi64(_mm256_mul_epi32(value, multiplier_), addend_);
        const __m256i negative = _mm256_cmpgt_epi64(zero_point_, value);
        return shift_(_mm256_sub_epi64(sum, _mm256_and_si256(negative, tie_)));
    }

  private:
    const int8_t* values_;
    __m256i zero_point_, multiplier_, addend_, tie_;
    ShiftRight shift_;
};

uint32_t add(const Addition& addition, uint32_t count) {
    const Side first(addition.first);
    const Side second(addition.second);
    const __m256i multiplier = _mm256_set1_epi64x(addition.multiplier);
    const __m256i addend = _mm256_set1_epi64x(addition.addend);
    const __m256i tie = _mm256_set1_epi64x(addition.tie);
    const ShiftRight shift(addition.shift);
    const __m256i minimum = _mm256_set1_epi8(addition.minimum);
    const __m256i maximum = _mm256_set1_epi8(addition.maximum);
    const auto four = [&](uint32_t at) {
        const __m256i sum = _mm256_add_epi64(first(at), second(at));
        const __m256i value = _mm256_add_epi64(_mm256_mul_epi32(sum, multiplier), addend);
        const __m256i negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), sum);
        return shift(_mm256_sub_epi64(value, _mm256_and_si256(negative, tie)));
    };
    /// The low halves of eight 64-bit lanes, in order.
    const auto join = [](__m256i a, __m256i b) {
        const __m256 halves =
            _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
        return _mm256_permute4x64_epi64(_mm256_castps_si256(halves), 0xD8);
    };
    uint32_t at = 0;
    for (; at + 16 <= count; at += 16) {
        const __m256i words =
            _mm256_packs_epi32(join(four(at), four(at + 4)), join(four(at + 8), four(at + 12)));
        __m256i bytes = _mm256_packs_epi16(words, words);
        bytes = _mm256_min_epi8(_mm256_max_epi8(bytes, minimum), maximum);
        _mm_storeu_si128(
            reinterpret_cast<__m128i*>(addition.output + at),
            _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
    }
    return at;
}

}  // namespace

const Kernels avx2_kernels{conv, depthwise, copy_plus_128, add};

}  // namespace ganglion::x86
