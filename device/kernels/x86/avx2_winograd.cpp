#include "device/kernels/x86/avx2.hpp"

// 3 x 3 convolutions of step 1 by F(2 x 2, 3 x 3) of Winograd's: 16 products instead of 36 for four
// outputs, on the transformed image and weights (Lavin and Gray, Fast Algorithms for Convolutional
// Neural Networks, 2016). All is integer: weights are taken four times, and so are the sums,
// exactly.

namespace ganglion::x86::avx2 {
namespace {

constexpr uint32_t kPlaces = 16;    // of a transformed tile, 4 x 4
constexpr uint32_t kTiles = 4;      // at a time
constexpr uint32_t kChannels = 16;  // of a record
constexpr size_t kScaleBytes = size_t{4} * 4 * kChannels;
constexpr size_t kMostIn = 64;  // channels
constexpr size_t kMostImage = 32768;

/// A band as Winograd's, int16.
struct Transformed {
    alignas(32) int16_t image[kMostImage];                       ///< [tile][place][channel]
    alignas(32) int16_t weights[kPlaces * kMostIn * kChannels];  ///< [place][pair][16][2]
    alignas(32) int16_t plain[9 * kMostIn * kChannels];          ///< weights, [row][pair][16][2]
};

/// (a - c, b + c, c - b, b - d)
void transform_image(const __m256i* in, size_t step, __m256i* out, size_t out_step) {
    const __m256i a = in[0];
    const __m256i b = in[step];
    const __m256i c = in[2 * step];
    const __m256i d = in[3 * step];
    out[0] = _mm256_sub_epi16(a, c);
    out[out_step] = _mm256_add_epi16(b, c);
    out[2 * out_step] = _mm256_sub_epi16(c, b);
    out[3 * out_step] = _mm256_sub_epi16(b, d);
}

/// (2 a, a + b + c, a - b + c, 2 c)
void transform_weights(const __m256i* in, size_t step, __m256i* out, size_t out_step) {
    const __m256i sides = _mm256_add_epi16(in[0], in[2 * step]);
    out[0] = _mm256_add_epi16(in[0], in[0]);
    out[out_step] = _mm256_add_epi16(sides, in[step]);
    out[2 * out_step] = _mm256_sub_epi16(sides, in[step]);
    out[3 * out_step] = _mm256_add_epi16(in[2 * step], in[2 * step]);
}

/// (a + b + c, b - c - d)
void transform_sums(const __m256i* in, size_t step, __m256i* out, size_t out_step) {
    const __m256i a = in[0];
    const __m256i b = in[step];
    const __m256i c = in[2 * step];
    const __m256i d = in[3 * step];
    out[0] = _mm256_add_epi32(_mm256_add_epi32(a, b), c);
    out[out_step] = _mm256_sub_epi32(_mm256_sub_epi32(b, c), d);
}

class Winograd {
  public:
    explicit Winograd(const ConvBand& band)
        : band_(band),
          in_(static_cast<uint32_t>(band.pixel_step)),
          rows_(band.pixels / band.width),
          across_((band.width + 1) / 2),
          tiles_((rows_ + 1) / 2 * across_) {}

    bool fits() const {
        return band_.kernel_rows == 3 && band_.line_step == band_.kernel_step &&
               band_.taps == 3 * band_.pixel_step && in_ % 2 == 0 && in_ >= 16 && in_ <= kMostIn &&
               rows_ >= 2 && band_.width >= 2 && size_t{tiles_} * kPlaces * in_ <= kMostImage;
    }

    template <bool ties_away>
    void run() {
        for (uint32_t tile = 0; tile < tiles_; ++tile) lay_down(tile);
        for (uint32_t first = 0; first < band_.channels; first += kChannels) {
            const uint8_t* record = band_.records + first / kChannels * band_.record_bytes;
            lay_down_weights(record + kScaleBytes);
            for (uint32_t tile = 0; tile < tiles_; tile += kTiles)
                four_tiles<ties_away>(record, first, tile);
        }
    }

  private:
    /// The output pixel of a tile's corner. The last ones begin early where they do not divide.
    struct Corner {
        uint32_t y, x;
    };
    Corner corner_of(uint32_t tile) const {
        const uint32_t y = 2 * (tile / across_);
        const uint32_t x = 2 * (tile % across_);
        return {y + 2 > rows_ ? rows_ - 2 : y, x + 2 > band_.width ? band_.width - 2 : x};
    }

    void lay_down(uint32_t tile) {
        const Corner corner = corner_of(tile);
        const uint8_t* from =
            band_.image + corner.y * band_.line_step + corner.x * band_.pixel_step;
        int16_t* to = work_.image + size_t{tile} * kPlaces * in_;
        for (uint32_t next = 0; next < in_; next += 16) {
            const uint32_t channel = next + 16 > in_ ? in_ - 16 : next;
            __m256i values[kPlaces];
            __m256i half[kPlaces];
#pragma GCC unroll 16
            for (uint32_t i = 0; i < kPlaces; ++i) {
                const uint8_t* at =
                    from + i / 4 * band_.line_step + i % 4 * band_.pixel_step + channel;
                values[i] =
                    _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
            }
#pragma GCC unroll 4
            for (uint32_t x = 0; x < 4; ++x) transform_image(values + x, 4, half + x, 4);
#pragma GCC unroll 4
            for (uint32_t y = 0; y < 4; ++y) transform_image(half + 4 * y, 1, values + 4 * y, 1);
#pragma GCC unroll 16
            for (uint32_t i = 0; i < kPlaces; ++i) store(to + i * in_ + channel, values[i]);
        }
    }

    void lay_down_weights(const uint8_t* weights) {
        const size_t row = size_t{32} * ((3 * in_ + 3) / 4 * 2);  // int16 of a kernel row
        widen_weights(weights, 3 * row, work_.plain);
        for (uint32_t pair = 0; pair < in_; ++pair) {  // 8 channels of each two taps
            __m256i plain[9];
            __m256i half[12];
            __m256i places[kPlaces];
#pragma GCC unroll 9
            for (uint32_t i = 0; i < 9; ++i)
                plain[i] = load(work_.plain + i / 3 * row + i % 3 * size_t{16} * in_ + 16 * pair);
#pragma GCC unroll 3
            for (uint32_t x = 0; x < 3; ++x) transform_weights(plain + x, 3, half + x, 3);
#pragma GCC unroll 4
            for (uint32_t y = 0; y < 4; ++y) transform_weights(half + 3 * y, 1, places + 4 * y, 1);
#pragma GCC unroll 16
            for (uint32_t i = 0; i < kPlaces; ++i)
                store(work_.weights + size_t{16} * (i * in_ + pair), places[i]);
        }
    }

    template <bool ties_away>
    void four_tiles(const uint8_t* record, uint32_t first, uint32_t first_tile) const {
        alignas(32) int32_t sums[kTiles][kPlaces * kChannels];
        const int16_t* image[kTiles];
        uint32_t tiles[kTiles];
        for (uint32_t i = 0; i < kTiles; ++i) {
            tiles[i] = first_tile + i < tiles_ ? first_tile + i : tiles_ - 1;
            image[i] = work_.image + size_t{tiles[i]} * kPlaces * in_;
        }
        const int16_t* weights = work_.weights;
        for (uint32_t place = 0; place < kPlaces; ++place) {
            __m256i of[2 * kTiles] = {};
            const size_t end = size_t{place + 1} * in_;
            for (size_t channel = size_t{place} * in_; channel < end; channel += 2, weights += 32) {
                const __m256i low = load(weights);
                const __m256i high = load(weights + 16);
#pragma GCC unroll 4
                for (uint32_t i = 0; i < kTiles; ++i) {
                    const __m256i values = pair_at(image[i] + channel);
                    of[2 * i] = add_products(of[2 * i], values, low);
                    of[2 * i + 1] = add_products(of[2 * i + 1], values, high);
                }
            }
#pragma GCC unroll 4
            for (uint32_t i = 0; i < kTiles; ++i) {
                store(sums[i] + place * kChannels, of[2 * i]);
                store(sums[i] + place * kChannels + 8, of[2 * i + 1]);
            }
        }
        const Scales low(record + 64, kChannels);
        const Scales high(record + 96, kChannels);
        for (uint32_t i = 0; i < kTiles; ++i) {
            __m256i outputs[8];  // of pixels 0 to 3, each two vectors
            half_tile<ties_away>(sums[i], load(record), low, outputs);
            half_tile<ties_away>(sums[i] + 8, load(record + 32), high, outputs + 1);
            finish(outputs, first, corner_of(tiles[i]));
        }
    }

    template <bool ties_away>
    static void half_tile(const int32_t* sums, __m256i bias, const Scales& scales,
                          __m256i* outputs) {
        __m256i places[kPlaces];
        __m256i half[8];
        __m256i pixels[4];
#pragma GCC unroll 16
        for (uint32_t i = 0; i < kPlaces; ++i) places[i] = load(sums + i * kChannels);
#pragma GCC unroll 4
        for (uint32_t x = 0; x < 4; ++x) transform_sums(places + x, 4, half + x, 4);
        transform_sums(half, 1, pixels, 1);
        transform_sums(half + 4, 1, pixels + 2, 1);
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
            const __m256i sum = _mm256_add_epi32(_mm256_srai_epi32(pixels[i], 2), bias);
            outputs[2 * i] = requantize<ties_away>(sum, scales);
        }
    }

    void finish(const __m256i* outputs, uint32_t first, const Corner& corner) const {
        const uint32_t left = band_.channels - first;
        int8_t* to =
            band_.output + (size_t{corner.y} * band_.width + corner.x) * band_.channels + first;
        for (uint32_t y = 0; y < 2; ++y, to += size_t{band_.width} * band_.channels) {
            const __m256i bytes = in_order(narrow(outputs + 4 * y, _mm256_set1_epi8(band_.minimum),
                                                  _mm256_set1_epi8(band_.maximum)));
            store_some(_mm256_castsi256_si128(bytes), left, to);
            store_some(_mm256_extracti128_si256(bytes, 1), left, to + band_.channels);
        }
    }

    const ConvBand& band_;
    uint32_t in_, rows_, across_, tiles_;
    Transformed work_;
};

}  // namespace

bool winograd(const ConvBand& band) {
    Winograd winograd(band);
    if (!winograd.fits()) return false;
    band.ties_away ? winograd.run<true>() : winograd.run<false>();
    return true;
}

}  // namespace ganglion::x86::avx2
