#pragma once

#include "device/kernels/conv_2d.hpp"
#include "device/kernels/packed_conv_2d.hpp"

namespace ganglion {

/// A convolution as Conv2dOp, laid out for processors that have one multiplier and no dual
/// instructions: two pixels share a word, so that one multiplication serves both.
/// docs/decisions/0006-paired-convolution.md says how. `records`, in the constants, 4-byte aligned:
/// for each output channel
///   int32_t bias
///   int32_t multiplier        0 or in [2^30, 2^31)
///   uint8_t shift_less_1      at most kMostPackedShift
///   uint8_t fours_fit         1: of every four taps from a multiple of four on, the weights'
///                             magnitudes sum to at most 255, so that four products of them fit 16
///                             bits; else 0
///   uint8_t zero, zero
///   int8_t weights[taps]      rounded up to 4 with zeros; none is -128
/// Sums without bias must stay in (-2^22, 2^22), with it in (-2^29, 2^29). `scratch`:
/// paired_conv_2d_scratch_bytes(). The output may overlap the input where it begins at least
/// paired_conv_2d_lead() bytes before it.
struct PairedConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena; scratch is 4-byte aligned
    uint32_t records;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;

    constexpr uint32_t scratch_bytes() const;
};

/// What a channel's record begins with.
struct PairedChannel {
    int32_t bias, multiplier;
    uint8_t shift_less_1, fours_fit;
    uint8_t zero[2];
};

constexpr uint32_t paired_conv_2d_taps(const Window2d& window) {
    return round_up_to_4(conv_2d_taps(window));
}

constexpr uint32_t paired_conv_2d_record_bytes(const Window2d& window) {
    return static_cast<uint32_t>(sizeof(PairedChannel)) + paired_conv_2d_taps(window);
}

/// True where the one pixel of the image is its own patch.
constexpr bool paired_conv_2d_is_direct(const Window2d& window) {
    return window.out_height == 1 && window.out_width == 1 && conv_2d_is_pointwise(window) &&
           conv_2d_taps(window) % 4 == 0;
}

/// Four patches, two words a tap; one patch of int8 for one output pixel.
constexpr uint32_t paired_conv_2d_scratch_bytes(const Window2d& window) {
    if (paired_conv_2d_is_direct(window)) return 0;
    const bool is_single = window.out_height == 1 && window.out_width == 1;
    return (is_single ? 1 : 8) * paired_conv_2d_taps(window);
}

/// How many bytes before the input the output must begin at least.
constexpr uint64_t paired_conv_2d_lead(const Window2d& window) {
    return paired_conv_2d_is_direct(window) ? window.out_channels : packed_conv_2d_lead(window);
}

constexpr uint32_t PairedConv2dOp::scratch_bytes() const {
    return paired_conv_2d_scratch_bytes(window);
}

void paired_conv_2d(const PairedConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
