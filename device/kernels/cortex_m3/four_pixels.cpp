#include "device/kernels/scalar/four_pixels.hpp"

#include "device/kernels/paired_conv_2d.hpp"
#include "device/kernels/scalar/scale.hpp"

// SMLAL sums products of a weight and two pixels at once in 64 bits, the lower pixel's in the lower
// 23. Two channels by four pixels keep four such sums: 7 instructions for 8 products.

namespace ganglion::scalar {
namespace {

/// The two sums of a register pair.
struct Two {
    int32_t low, high;
};
inline Two parted(uint32_t lower, uint32_t upper) {
    const int32_t low = static_cast<int32_t>(lower << 9) >> 9;
    const uint64_t rest = (static_cast<uint64_t>(upper) << 32 | lower) - static_cast<int64_t>(low);
    return {low, static_cast<int32_t>(rest >> 23)};
}

/// Outputs of four sums.
inline void put(const FourPixels& work, const uint8_t* record, int8_t* output, Two first,
                Two second) {
    const PairedChannel channel = *reinterpret_cast<const PairedChannel*>(record);
    const Scale scale(channel.multiplier, channel.shift_less_1, work.twice_zero_point_plus_1);
    // The last pixel first: where several share a place, the lowest counts.
    const int8_t fourth = scale.output(second.high + channel.bias);
    const int8_t third = scale.output(second.low + channel.bias);
    const int8_t next = scale.output(first.high + channel.bias);
    output[work.offsets[2]] = fourth;
    output[work.offsets[1]] = third;
    output[work.offsets[0]] = next;
    output[0] = scale.output(first.low + channel.bias);
}

/// Two words a sum: channel a by both pairs of pixels, then channel b.
struct Sums {
    uint32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
};

/// Channels at `weights` and `apart` bytes behind it.
[[gnu::always_inline]] inline Sums sums_of(const uint32_t* words, const uint32_t* end,
                                           const uint8_t* weights, uint32_t apart) {
    Sums sums;
    uint32_t weight = 0;
    uint32_t first = 0;
    uint32_t second = 0;
#define GANGLION_TAP                                 \
    "ldrd   %[x0], %[x1], [%[words]], #8         \n" \
    "ldrsb  %[w], [%[weights], %[apart]]         \n" \
    "smlal  %[b0], %[b1], %[w], %[x0]            \n" \
    "smlal  %[b2], %[b3], %[w], %[x1]            \n" \
    "ldrsb  %[w], [%[weights]], #1               \n" \
    "smlal  %[a0], %[a1], %[w], %[x0]            \n" \
    "smlal  %[a2], %[a3], %[w], %[x1]            \n"
    asm("1:                                      \n"  //
        GANGLION_TAP GANGLION_TAP GANGLION_TAP GANGLION_TAP
        "ldr    %[w], %[end]                     \n"
        "cmp    %[words], %[w]                   \n"
        "bne    1b                               \n"
        : [a0] "+r"(sums.a0), [a1] "+r"(sums.a1), [a2] "+r"(sums.a2), [a3] "+r"(sums.a3),
          [b0] "+r"(sums.b0), [b1] "+r"(sums.b1), [b2] "+r"(sums.b2), [b3] "+r"(sums.b3),
          [words] "+r"(words), [weights] "+r"(weights), [w] "=&r"(weight), [x0] "=&r"(first),
          [x1] "=&r"(second)
        : [apart] "r"(apart), [end] "m"(end)
        : "cc", "memory");
#undef GANGLION_TAP
    return sums;
}

}  // namespace

void four_pixels(const FourPixels& work) {
    const uint32_t bytes = static_cast<uint32_t>(sizeof(PairedChannel)) + work.taps;
    const uint32_t* words = work.words;
    const uint32_t* end = words + 2 * work.taps;
    const uint8_t* record = work.records;
    int8_t* output = work.output;
    for (uint32_t left = work.channels;; left -= 2, output += 2, record += 2 * bytes) {
        // The last of an odd number of channels is computed twice.
        const uint32_t apart = left > 1 ? bytes : 0;
        const Sums sums = sums_of(words, end, record + sizeof(PairedChannel), apart);
        put(work, record, output, parted(sums.a0, sums.a1), parted(sums.a2, sums.a3));
        if (left == 1) return;
        put(work, record + bytes, output + 1, parted(sums.b0, sums.b1), parted(sums.b2, sums.b3));
        if (left == 2) return;
    }
}

}  // namespace ganglion::scalar
