#include "device/kernels/scalar/four_pixels.hpp"

#include "device/kernels/paired_conv_2d.hpp"
#include "device/kernels/scalar/scale.hpp"
#include "device/kernels/scalar/sums.hpp"

// With 32 registers, two channels by four pixels keep their sums and the loads that they share.

namespace ganglion::scalar {
namespace {

inline void put(const FourPixels& work, const uint8_t* record, int8_t* output,
                const PairSums& first, const PairSums& second) {
    const PairedChannel channel = *reinterpret_cast<const PairedChannel*>(record);
    const Scale scale(channel.multiplier, channel.shift_less_1, work.twice_zero_point_plus_1);
    // The last pixel first: where several share a place, the lowest counts.
    output[work.offsets[2]] = scale.output(second.high() + channel.bias);
    output[work.offsets[1]] = scale.output(second.low() + channel.bias);
    output[work.offsets[0]] = scale.output(first.high() + channel.bias);
    output[0] = scale.output(first.low() + channel.bias);
}

/// Sums of two channels, two pairs of pixels each.
struct Sums {
    PairSums a, b, c, d;
};

/// `held`: how many products fit a pixel's bits together.
template <uint32_t held>
inline Sums sums_of(const uint32_t* words, uint32_t taps, const int8_t* weights,
                    const int8_t* others) {
    Sums sums;
    for (const int8_t* end = weights + taps; weights != end;
         weights += 4, others += 4, words += 8) {
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
            sums.a.add(weights[i], words[2 * i]);
            sums.b.add(weights[i], words[2 * i + 1]);
            sums.c.add(others[i], words[2 * i]);
            sums.d.add(others[i], words[2 * i + 1]);
            if ((i + 1) % held == 0) {
                sums.a.part();
                sums.b.part();
                sums.c.part();
                sums.d.part();
            }
        }
    }
    return sums;
}

}  // namespace

void four_pixels(const FourPixels& work) {
    const uint32_t bytes = static_cast<uint32_t>(sizeof(PairedChannel)) + work.taps;
    const uint8_t* record = work.records;
    int8_t* output = work.output;
    for (uint32_t left = work.channels;; left -= 2, output += 2, record += 2 * bytes) {
        // The last of an odd number of channels is computed twice.
        const uint8_t* other = record + (left > 1 ? bytes : 0);
        const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof(PairedChannel));
        const auto* others = reinterpret_cast<const int8_t*>(other + sizeof(PairedChannel));
        const bool fours_fit = reinterpret_cast<const PairedChannel*>(record)->fours_fit != 0 &&
                               reinterpret_cast<const PairedChannel*>(other)->fours_fit != 0;
        const Sums sums = fours_fit ? sums_of<4>(work.words, work.taps, weights, others)
                                    : sums_of<2>(work.words, work.taps, weights, others);
        put(work, record, output, sums.a, sums.b);
        if (left == 1) return;
        put(work, other, output + 1, sums.c, sums.d);
        if (left == 2) return;
    }
}

}  // namespace ganglion::scalar
