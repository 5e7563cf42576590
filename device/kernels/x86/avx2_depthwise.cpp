#include "device/kernels/x86/avx2.hpp"

// Depthwise convolutions: two taps of a lane side by side as int16, 32 lanes at a time.

namespace ganglion::x86::avx2 {
namespace {

constexpr uint32_t kMostPairs = 130;  // of taps
constexpr size_t kRecordLanes = 64;

/// A record, ready for use: vectors of eight lanes, in the order of interleaved_lane().
struct Record {
    alignas(32) int16_t weights[kMostPairs][2 * kRecordLanes];
    Scales scales[8];

    explicit Record(const DepthwiseBand& band)
        : scales{scales_at(band, 0), scales_at(band, 1), scales_at(band, 2), scales_at(band, 3),
                 scales_at(band, 4), scales_at(band, 5), scales_at(band, 6), scales_at(band, 7)} {
        for (uint32_t group = 0; group < band.groups; ++group) {
            const uint8_t* from = band.record + size_t{16} * kRecordLanes + size_t{256} * group;
            for (uint32_t n = 0; n < 8; ++n)
                widen_taps(load(from + 32 * n), weights[2 * group] + 16 * n,
                           weights[2 * group + 1] + 16 * n);
        }
    }

  private:
    static Scales scales_at(const DepthwiseBand& band, size_t n) {
        return {band.record + 4 * kRecordLanes + 32 * n, kRecordLanes};
    }
};

/// 32 lanes: every second vector of a record, from `half` on.
template <bool ties_away>
__m256i outputs(const DepthwiseBand& band, const Record& record, const uint8_t* image,
                uint32_t half) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i sums[4];
#pragma GCC unroll 4
    for (uint32_t k = 0; k < 4; ++k) sums[k] = load(band.record + 64 * k + 32 * half);
    for (uint32_t pair = 0; pair < band.pairs; ++pair) {
        const __m256i a = load(image + band.taps[2 * pair]);
        const __m256i b = load(image + band.taps[2 * pair + 1]);
        const __m256i low = _mm256_unpacklo_epi8(a, b);
        const __m256i high = _mm256_unpackhi_epi8(a, b);
        const int16_t* weights = record.weights[pair] + 16 * half;
        sums[0] = add_products(sums[0], _mm256_unpacklo_epi8(low, zero), load(weights));
        sums[1] = add_products(sums[1], _mm256_unpackhi_epi8(low, zero), load(weights + 32));
        sums[2] = add_products(sums[2], _mm256_unpacklo_epi8(high, zero), load(weights + 64));
        sums[3] = add_products(sums[3], _mm256_unpackhi_epi8(high, zero), load(weights + 96));
    }
#pragma GCC unroll 4
    for (uint32_t k = 0; k < 4; ++k)
        sums[k] = requantize<ties_away>(sums[k], record.scales[2 * k + half]);
    return narrow(sums, _mm256_set1_epi8(band.minimum), _mm256_set1_epi8(band.maximum));
}

template <bool ties_away>
void depthwise_row(const DepthwiseBand& band, const Record& record, const uint8_t* image,
                   int8_t* output) {
    for (uint32_t item = 0; item < band.items; ++item) {
        const size_t at = size_t{item} * band.step;
        const size_t lanes = band.bytes - at < band.lanes ? band.bytes - at : band.lanes;
        for (uint32_t half = 0; 32 * half < lanes; ++half) {
            const size_t begin = at + 32 * half;
            const __m256i bytes = outputs<ties_away>(band, record, image + begin, half);
            int8_t* to = output + begin;
            if (lanes - 32 * half >= 32) {
                store(to, bytes);
                continue;
            }
            const auto left = static_cast<uint32_t>(lanes - 32 * half);
            store_some(_mm256_castsi256_si128(bytes), left, to);
            if (left > 16) store_some(_mm256_extracti128_si256(bytes, 1), left - 16, to + 16);
        }
    }
}

}  // namespace

void depthwise(const DepthwiseBand& band) {
    const Record record(band);
    for (size_t y = 0; y < band.rows; ++y) {
        const uint8_t* image = band.image + y * band.line_step;
        int8_t* output = band.output + y * band.output_step;
        band.ties_away ? depthwise_row<true>(band, record, image, output)
                       : depthwise_row<false>(band, record, image, output);
    }
}

}  // namespace ganglion::x86::avx2
