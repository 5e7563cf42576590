#if !defined(__clang__)
// GCC 12 takes the intrinsics' own undefined values for mistakes (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstring>

#include "device/kernels/x86/paths.hpp"

// AVX-512 with VNNI: 64 products an instruction.

namespace ganglion::x86 {
namespace {

constexpr uint32_t kLanes = 16;

/// Scales of 16 lanes, ready for interleaved_requantize().
struct Scales {
    __m512i multiplier, odd_multiplier, even_addend, odd_addend, shift;

    /// `record`: the lanes' multipliers; addends and shifts follow, `lanes` * 4 bytes apart.
    Scales(const uint8_t* multipliers, size_t lanes) {
        multiplier = _mm512_loadu_si512(multipliers);
        const __m512i addend = _mm512_loadu_si512(multipliers + 4 * lanes);
        shift = _mm512_loadu_si512(multipliers + 8 * lanes);
        const __m512i half = _mm512_set1_epi64(int64_t{1} << 31);
        odd_multiplier = _mm512_srli_epi64(multiplier, 32);
        even_addend = _mm512_or_si512(_mm512_slli_epi64(addend, 32), half);
        odd_addend = _mm512_mask_mov_epi32(half, 0xAAAA, addend);
    }
};

template <bool ties_away>
__m512i requantize(__m512i sum, const Scales& scales) {
    const __m512i even =
        _mm512_add_epi64(_mm512_mul_epu32(sum, scales.multiplier), scales.even_addend);
    const __m512i odd = _mm512_add_epi64(
        _mm512_mul_epu32(_mm512_srli_epi64(sum, 32), scales.odd_multiplier), scales.odd_addend);
    __m512i high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    if (ties_away) {
        const __mmask16 negative = _knot_mask16(_mm512_movepi32_mask(sum));
        high = _mm512_mask_add_epi32(high, negative, high, _mm512_set1_epi32(-1));
    }
    return _mm512_srav_epi32(high, scales.shift);
}

/// Four vectors of lanes to bytes: in each 16-byte part, 4 lanes of each vector.
__m512i narrow(const __m512i* four, __m512i minimum, __m512i maximum) {
    const __m512i bytes = _mm512_packs_epi16(_mm512_packs_epi32(four[0], four[1]),
                                             _mm512_packs_epi32(four[2], four[3]));
    return _mm512_min_epi8(_mm512_max_epi8(bytes, minimum), maximum);
}

__m512i four_bytes(const uint8_t* at) {
    int32_t word;
    std::memcpy(&word, at, sizeof word);
    return _mm512_set1_epi32(word);
}

/// Walks the output pixels of a band.
struct Cursor {
    const ConvBand& band;
    const uint8_t* line = band.image;
    const uint8_t* pixel = band.image;
    int8_t* output = band.output;
    uint32_t x = 0, left = band.pixels;

    /// To the next pixel; stays on the last one.
    void advance() {
        if (left == 1) return;
        --left;
        output += band.channels;
        pixel += band.pixel_step;
        if (++x < band.width) return;
        x = 0;
        line += band.line_step;
        pixel = line;
    }
};

constexpr size_t kScaleBytes = size_t{4} * 4 * kLanes;

/// 16-byte parts: the blocks of one pixel, then of the next. `last`: channels of the last block.
template <uint32_t blocks>
void store_parts(__m512i bytes, int8_t* const* output, uint32_t first_channel, uint32_t last) {
    const __m128i parts[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                              _mm512_extracti32x4_epi32(bytes, 2),
                              _mm512_extracti32x4_epi32(bytes, 3)};
    const auto some = static_cast<__mmask16>((1U << last) - 1);
#pragma GCC unroll 4
    for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t block = i % blocks;
        int8_t* to = output[i / blocks] + first_channel + block * kLanes;
        _mm_mask_storeu_epi8(to, block == blocks - 1 ? some : 0xFFFF, parts[i]);
    }
}

/// `pixels` output pixels by 16 * `blocks` channels. pixels * blocks is a multiple of 4.
template <uint32_t pixels, uint32_t blocks, bool ties_away>
void tile(const ConvBand& band, const uint8_t* record, uint32_t first_channel,
          const uint8_t* const* image, int8_t* const* output) {
    __m512i sums[pixels * blocks];
#pragma GCC unroll 32
    for (uint32_t i = 0; i < pixels * blocks; ++i)
        sums[i] = _mm512_loadu_si512(record + i % blocks * band.record_bytes);
    const uint8_t* at[pixels];
#pragma GCC unroll 32
    for (uint32_t i = 0; i < pixels; ++i) at[i] = image[i];
    const uint8_t* weights = record + kScaleBytes;
    for (uint32_t row = 0; row < band.kernel_rows; ++row) {
        const size_t begin = row * band.kernel_step;
        const size_t end = begin + size_t{4} * band.groups;
        for (size_t tap = begin; tap < end; tap += 4, weights += 64) {
            __m512i weight[blocks];
#pragma GCC unroll 4
            for (uint32_t block = 0; block < blocks; ++block)
                weight[block] = _mm512_loadu_si512(weights + block * band.record_bytes);
#pragma GCC unroll 32
            for (uint32_t i = 0; i < pixels; ++i) {
                const __m512i value = four_bytes(at[i] + tap);
#pragma GCC unroll 4
                for (uint32_t block = 0; block < blocks; ++block)
                    sums[i * blocks + block] =
                        _mm512_dpbusd_epi32(sums[i * blocks + block], value, weight[block]);
            }
        }
    }
#pragma GCC unroll 4
    for (uint32_t block = 0; block < blocks; ++block) {
        const Scales scales(record + block * band.record_bytes + 4 * kLanes, kLanes);
#pragma GCC unroll 32
        for (uint32_t i = 0; i < pixels; ++i)
            sums[i * blocks + block] = requantize<ties_away>(sums[i * blocks + block], scales);
    }
    const __m512i minimum = _mm512_set1_epi8(band.minimum);
    const __m512i maximum = _mm512_set1_epi8(band.maximum);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const uint32_t last = band.channels - first_channel - kLanes * (blocks - 1);
#pragma GCC unroll 32
    for (uint32_t i = 0; i < pixels * blocks; i += 4) {
        const __m512i bytes = _mm512_permutexvar_epi32(order, narrow(sums + i, minimum, maximum));
        int8_t* to = output[i / blocks] + first_channel;
        if (last < kLanes) {
            store_parts<blocks>(bytes, output + i / blocks, first_channel, last);
        } else if (blocks == 2) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(bytes));
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(output[i / blocks + 1] + first_channel),
                                _mm512_extracti64x4_epi64(bytes, 1));
        } else if (blocks == 4 ||
                   (band.channels == kLanes && output[i + 3] - output[i] == 3 * kLanes)) {
            _mm512_storeu_si512(to, bytes);
        } else {
            store_parts<blocks>(bytes, output + i, first_channel, last);
        }
    }
}

template <uint32_t pixels, uint32_t blocks, bool ties_away>
void all_pixels(const ConvBand& band, const uint8_t* record, uint32_t first_channel) {
    Cursor cursor{band};
    for (uint32_t done = 0; done < band.pixels; done += pixels) {
        const uint8_t* image[pixels];
        int8_t* output[pixels];
        for (uint32_t i = 0; i < pixels; ++i) {
            image[i] = cursor.pixel;
            output[i] = cursor.output;
            cursor.advance();
        }
        tile<pixels, blocks, ties_away>(band, record, first_channel, image, output);
    }
}

template <bool ties_away>
void conv_blocks(const ConvBand& band) {
    const uint32_t count = (band.channels + kLanes - 1) / kLanes;
    for (uint32_t first = 0, blocks = 0; first < count; first += blocks) {
        const uint8_t* record = band.records + first * band.record_bytes;
        const uint32_t channel = first * kLanes;
        const uint32_t left = count - first;
        if (left >= 4 && band.pixels == 1) {
            blocks = 4;
            all_pixels<1, 4, ties_away>(band, record, channel);
        } else if (left >= 2) {
            blocks = 2;
            all_pixels<8, 2, ties_away>(band, record, channel);
        } else {
            blocks = 1;
            all_pixels<8, 1, ties_away>(band, record, channel);
        }
    }
}

void conv(const ConvBand& band) {
    band.ties_away ? conv_blocks<true>(band) : conv_blocks<false>(band);
}

/// Four taps of 64 lanes side by side, in the order of interleaved_lane().
void interleave(const uint8_t* image, const uint32_t* taps, __m512i* four) {
    const __m512i a = _mm512_loadu_si512(image + taps[0]);
    const __m512i b = _mm512_loadu_si512(image + taps[1]);
    const __m512i c = _mm512_loadu_si512(image + taps[2]);
    const __m512i d = _mm512_loadu_si512(image + taps[3]);
    const __m512i low_ab = _mm512_unpacklo_epi8(a, b);
    const __m512i low_cd = _mm512_unpacklo_epi8(c, d);
    const __m512i high_ab = _mm512_unpackhi_epi8(a, b);
    const __m512i high_cd = _mm512_unpackhi_epi8(c, d);
    four[0] = _mm512_unpacklo_epi16(low_ab, low_cd);
    four[1] = _mm512_unpackhi_epi16(low_ab, low_cd);
    four[2] = _mm512_unpacklo_epi16(high_ab, high_cd);
    four[3] = _mm512_unpackhi_epi16(high_ab, high_cd);
}

template <bool ties_away>
void depthwise_row(const DepthwiseBand& band, const uint8_t* image, int8_t* output) {
    const __m512i minimum = _mm512_set1_epi8(band.minimum);
    const __m512i maximum = _mm512_set1_epi8(band.maximum);
    const uint8_t* weights = band.record + 4 * size_t{256};
    for (uint32_t item = 0; item < band.items; ++item) {
        const size_t at = size_t{item} * band.step;
        __m512i sums[4];
#pragma GCC unroll 4
        for (uint32_t k = 0; k < 4; ++k) sums[k] = _mm512_loadu_si512(band.record + 64 * k);
        for (uint32_t group = 0; group < band.groups; ++group) {
            __m512i values[4];
            interleave(image + at, band.taps + size_t{4} * group, values);
#pragma GCC unroll 4
            for (uint32_t k = 0; k < 4; ++k) {
                sums[k] = _mm512_dpbusd_epi32(
                    sums[k], values[k],
                    _mm512_loadu_si512(weights + size_t{256} * group + size_t{64} * k));
            }
        }
#pragma GCC unroll 4
        for (uint32_t k = 0; k < 4; ++k)
            sums[k] =
                requantize<ties_away>(sums[k], Scales(band.record + 256 + size_t{64} * k, 64));
        const size_t left = band.bytes - at < band.lanes ? band.bytes - at : band.lanes;
        const __mmask64 some = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
        _mm512_mask_storeu_epi8(output + at, some, narrow(sums, minimum, maximum));
    }
}

void depthwise(const DepthwiseBand& band) {
    for (size_t y = 0; y < band.rows; ++y) {
        const uint8_t* image = band.image + y * band.line_step;
        int8_t* output = band.output + y * band.output_step;
        band.ties_away ? depthwise_row<true>(band, image, output)
                       : depthwise_row<false>(band, image, output);
    }
}

void copy_plus_128(const int8_t* from, size_t step, size_t bytes, size_t count, uint8_t* to) {
    const __m512i flip = _mm512_set1_epi8(-128);
    for (; count > 0; --count, from += step, to += bytes) {
        size_t at = 0;
        for (; at + 64 <= bytes; at += 64) {
            _mm512_storeu_si512(to + at, _mm512_xor_si512(_mm512_loadu_si512(from + at), flip));
        }
        if (at == bytes) continue;
        const __mmask64 some = (__mmask64{1} << (bytes - at)) - 1;
        const __m512i values = _mm512_maskz_loadu_epi8(some, from + at);
        _mm512_mask_storeu_epi8(to + at, some, _mm512_xor_si512(values, flip));
    }
}

/// One side of an addition, 8 elements in 64-bit lanes: both roundings in one shift.
class Side {
  public:
    explicit Side(const Addition::Side& side)
        : values_(side.values),
          zero_point_(_mm512_set1_epi64(side.zero_point)),
          multiplier_(_mm512_set1_epi64(side.multiplier)),
          addend_(_mm512_set1_epi64(side.addend)),
          tie_(_mm512_set1_epi64(side.tie)),
          shift_(_mm_cvtsi32_si128(side.shift)) {}

    __m512i operator()(uint32_t at) const {
        const __m512i value =
            _mm512_cvtepi8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(values_ + at)));
        __m512i sum = _mm512_add_epi64(_mm512_mul_epi32(value, multiplier_), addend_);
        sum = _mm512_mask_sub_epi64(sum, _mm512_cmplt_epi64_mask(value, zero_point_), sum, tie_);
        return _mm512_sra_epi64(sum, shift_);
    }

  private:
    const int8_t* values_;
    __m512i zero_point_, multiplier_, addend_, tie_;
    __m128i shift_;
};

template <bool ties_away>
uint32_t add_elements(const Addition& addition, uint32_t count) {
    const Side first(addition.first);
    const Side second(addition.second);
    const __m512i multiplier = _mm512_set1_epi64(addition.multiplier);
    const __m512i addend = _mm512_set1_epi64(addition.addend);
    const __m512i tie = _mm512_set1_epi64(addition.tie);
    const __m128i shift = _mm_cvtsi32_si128(addition.shift);
    const __m128i minimum = _mm_set1_epi8(addition.minimum);
    const __m128i maximum = _mm_set1_epi8(addition.maximum);
    uint32_t at = 0;
    for (; at + 8 <= count; at += 8) {
        const __m512i sum = _mm512_add_epi64(first(at), second(at));
        __m512i value = _mm512_add_epi64(_mm512_mul_epi32(sum, multiplier), addend);
        if (ties_away) value = _mm512_mask_sub_epi64(value, _mm512_movepi64_mask(sum), value, tie);
        const __m128i bytes = _mm512_cvtsepi64_epi8(_mm512_sra_epi64(value, shift));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(addition.output + at),
                         _mm_min_epi8(_mm_max_epi8(bytes, minimum), maximum));
    }
    return at;
}

uint32_t add(const Addition& addition, uint32_t count) {
    return addition.tie == 0 ? add_elements<false>(addition, count)
                             : add_elements<true>(addition, count);
}

}  // namespace

const Kernels avx512_kernels{conv, depthwise, copy_plus_128, add};

}  // namespace ganglion::x86
