#include "device/kernels/x86/avx2.hpp"

// Convolutions: image and weights of a band as pairs of int16, 16 products an instruction.

namespace ganglion::x86::avx2 {
namespace {

constexpr uint32_t kChannels = 16;  // of a record
constexpr size_t kScaleBytes = size_t{4} * 4 * kChannels;
constexpr uint32_t kPair = 2 * kChannels;  // weights of two taps
constexpr uint32_t kMostPairs = 512;
constexpr uint32_t kMostValues = 16384;  // of a band's image
constexpr uint32_t kFewPixels = 4;       // fewer do not pay for widening the weights

/// Walks the output pixels of a band.
template <typename Value>
struct Cursor {
    const ConvBand& band;
    const Value* line;
    const Value* pixel = line;
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

/// Sums of `pixels` pixels by 8 * `vectors` channels to bytes, of which `channels` exist.
template <uint32_t pixels, uint32_t vectors, bool ties_away>
void finish(const ConvBand& band, const uint8_t* record, uint32_t channels, __m256i* sums,
            int8_t* const* output) {
#pragma GCC unroll 2
    for (uint32_t v = 0; v < vectors; ++v) {
        const Scales scales(record + 64 + 32 * v, kChannels);
#pragma GCC unroll 8
        for (uint32_t i = v; i < pixels * vectors; i += vectors)
            sums[i] = requantize<ties_away>(sums[i], scales);
    }
    const __m256i minimum = _mm256_set1_epi8(band.minimum);
    const __m256i maximum = _mm256_set1_epi8(band.maximum);
    constexpr uint32_t kParts = 4 / vectors;  // pixels in a vector of bytes
#pragma GCC unroll 4
    for (uint32_t i = 0; i < pixels; i += kParts) {
        const __m256i bytes = in_order(narrow(sums + size_t{i} * vectors, minimum, maximum));
        const __m128i low = _mm256_castsi256_si128(bytes);
        const __m128i high = _mm256_extracti128_si256(bytes, 1);
        if constexpr (vectors == 2) {
            store_some(low, channels, output[i]);
            store_some(high, channels, output[i + 1]);
        } else {
            store_some(low, channels, output[i]);
            store_some(_mm_unpackhi_epi64(low, low), channels, output[i + 1]);
            store_some(high, channels, output[i + 2]);
            store_some(_mm_unpackhi_epi64(high, high), channels, output[i + 3]);
        }
    }
}

/// A band whose image and weights are int16, in pairs of taps: of all kernel rows one after
/// another, so that one loop runs over them.
struct Wide {
    uint32_t pairs;
    uint32_t taps[kMostPairs];  ///< where in the image a pair of the first output begins
    alignas(32) int16_t image[kMostValues];
    alignas(32) int16_t weights[(kMostPairs + 1) * kPair];

    explicit Wide(const ConvBand& band) : pairs(band.kernel_rows * ((band.taps + 1) / 2)) {
        widen(band.image, band.image_bytes, image);
        for (uint32_t row = 0, pair = 0; row < band.kernel_rows; ++row) {
            for (uint32_t tap = 0; tap < band.taps; tap += 2)
                taps[pair++] = static_cast<uint32_t>(row * band.kernel_step + tap);
        }
    }

    /// Where they do not fit, or would be used too seldom.
    static bool fits(const ConvBand& band) {
        return band.pixels >= kFewPixels && band.image_bytes <= kMostValues &&
               uint64_t{band.kernel_rows} * band.groups * 2 <= kMostPairs;
    }

    /// The last pair of a row may be there to fill its group: the next row's first takes its place.
    void take_weights(const ConvBand& band, const uint8_t* record) {
        const size_t row_bytes = size_t{4} * kChannels * band.groups;
        const uint8_t* from = record + kScaleBytes;
        int16_t* to = weights;
        for (uint32_t row = 0; row < band.kernel_rows; ++row, from += row_bytes) {
            widen_weights(from, row_bytes, to);
            to += size_t{kPair} * ((band.taps + 1) / 2);
        }
    }
};

template <uint32_t pixels, uint32_t vectors, bool ties_away>
void tile(const ConvBand& band, const Wide& wide, const uint8_t* record, uint32_t channels,
          const int16_t* const* image, int8_t* const* output) {
    __m256i sums[pixels * vectors];
#pragma GCC unroll 8
    for (uint32_t i = 0; i < pixels * vectors; ++i) sums[i] = load(record + 32 * (i % vectors));
    const int16_t* weights = wide.weights;
    for (uint32_t pair = 0; pair < wide.pairs; ++pair, weights += kPair) {
        const size_t tap = wide.taps[pair];
        __m256i weight[vectors];
#pragma GCC unroll 2
        for (uint32_t v = 0; v < vectors; ++v) weight[v] = load(weights + 16 * v);
#pragma GCC unroll 8
        for (uint32_t i = 0; i < pixels; ++i) {
            const __m256i values = pair_at(image[i] + tap);
#pragma GCC unroll 2
            for (uint32_t v = 0; v < vectors; ++v)
                sums[i * vectors + v] = add_products(sums[i * vectors + v], values, weight[v]);
        }
    }
    finish<pixels, vectors, ties_away>(band, record, channels, sums, output);
}

template <uint32_t pixels, uint32_t vectors, bool ties_away>
void wide_pixels(const ConvBand& band, const Wide& wide, const uint8_t* record, uint32_t first,
                 uint32_t channels) {
    Cursor<int16_t> cursor{band, wide.image};
    for (uint32_t done = 0; done < band.pixels; done += pixels) {
        const int16_t* image[pixels];
        int8_t* output[pixels];
        for (uint32_t i = 0; i < pixels; ++i) {
            image[i] = cursor.pixel;
            output[i] = cursor.output + first;
            cursor.advance();
        }
        tile<pixels, vectors, ties_away>(band, wide, record, channels, image, output);
    }
}

/// Four bytes a 32-bit lane as two pairs of int16: bytes 0 and 2, 1 and 3.
struct Pairs {
    __m256i even, odd;
};

Pairs of_weights(__m256i bytes) {
    return {_mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8), _mm256_srai_epi16(bytes, 8)};
}

Pairs four_bytes(const uint8_t* at) {
    int32_t word;
    std::memcpy(&word, at, sizeof word);
    const __m256i bytes = _mm256_set1_epi32(word);
    return {_mm256_and_si256(bytes, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(bytes, 8)};
}

__m256i add_pairs(__m256i sum, const Pairs& values, const Pairs& weights) {
    return add_products(add_products(sum, values.even, weights.even), values.odd, weights.odd);
}

/// Pixel by pixel, from bytes: where weights are hardly used twice, or nothing wider fits.
template <bool ties_away>
void byte_pixels(const ConvBand& band, const uint8_t* record, uint32_t first, uint32_t channels) {
    Cursor<uint8_t> cursor{band, band.image};
    for (uint32_t done = 0; done < band.pixels; ++done, cursor.advance()) {
        __m256i sums[4] = {load(record), load(record + 32)};
        const uint8_t* weights = record + kScaleBytes;
        for (uint32_t row = 0; row < band.kernel_rows; ++row) {
            const uint8_t* at = cursor.pixel + row * band.kernel_step;
            const uint8_t* end = at + size_t{4} * band.groups;
            for (; at != end; at += 4, weights += 64) {
                const Pairs values = four_bytes(at);
                sums[0] = add_pairs(sums[0], values, of_weights(load(weights)));
                sums[1] = add_pairs(sums[1], values, of_weights(load(weights + 32)));
            }
        }
        sums[2] = sums[0];
        sums[3] = sums[1];
        int8_t* output[2] = {cursor.output + first, cursor.output + first};
        finish<2, 2, ties_away>(band, record, channels, sums, output);
    }
}

template <bool ties_away>
void blocks(const ConvBand& band) {
    const auto each_record = [&](auto visit) {
        for (uint32_t first = 0; first < band.channels; first += kChannels)
            visit(band.records + first / kChannels * band.record_bytes, first,
                  band.channels - first);
    };
    if (!Wide::fits(band)) {
        each_record([&](const uint8_t* record, uint32_t first, uint32_t left) {
            byte_pixels<ties_away>(band, record, first, left);
        });
        return;
    }
    Wide wide(band);
    each_record([&](const uint8_t* record, uint32_t first, uint32_t left) {
        wide.take_weights(band, record);
        left > 8 ? wide_pixels<4, 2, ties_away>(band, wide, record, first, left)
                 : wide_pixels<8, 1, ties_away>(band, wide, record, first, left);
    });
}

}  // namespace

void conv(const ConvBand& band) {
    if (winograd(band)) return;
    band.ties_away ? blocks<true>(band) : blocks<false>(band);
}

}  // namespace ganglion::x86::avx2
