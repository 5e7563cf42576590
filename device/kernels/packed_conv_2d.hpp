#pragma once

#include "device/kernels/conv_2d.hpp"
#include "device/kernels/packed.hpp"

namespace ganglion {

/// A convolution as Conv2dOp, two output channels at a time. `records`, in the constants, 4-byte
/// aligned: for each pair of channels
///   int32_t even_bias          bias of the even channel
///   int32_t both_bias          256 * bias of the odd channel + bias of the even one
///   uint16_t weights[taps]     even_weight(), odd_weight(); taps in the order of packed_tap(),
///                              rounded up to 4 with zeros
///   int32_t even_multiplier, odd_multiplier
///   uint8_t even_shift_less_1, odd_shift_less_1, zero, zero
/// The last record of an odd number of channels has zeros for its second. Sums of the odd channel
/// must stay in [-2^23, 2^23). `scratch`: packed_conv_2d_scratch_bytes(). The output may overlap
/// the input where it begins at least packed_conv_2d_lead() bytes before it.
struct PackedConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena; scratch is 4-byte aligned
    uint32_t records;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;

    constexpr uint32_t scratch_bytes() const;
};

constexpr uint32_t packed_conv_2d_taps(const Window2d& window) {
    return round_up_to_4(conv_2d_taps(window));
}

constexpr uint32_t packed_conv_2d_record_bytes(const Window2d& window) {
    return 20 + 2 * packed_conv_2d_taps(window);
}

constexpr uint32_t packed_conv_2d_record_count(const Window2d& window) {
    return (window.out_channels + 1U) / 2;
}

/// Three patches of int16 and one of int8.
constexpr uint32_t packed_conv_2d_scratch_bytes(const Window2d& window) {
    return 7 * packed_conv_2d_taps(window);
}

/// True where every pixel is read once, for the output pixel at the same place.
constexpr bool packed_conv_2d_is_pixelwise(const Window2d& window) {
    return conv_2d_is_pointwise(window) && window.stride_x == 1 && window.stride_y == 1 &&
           window.out_width == window.in_width && window.out_height == window.in_height;
}

/// How many bytes before the input the output must begin at least, so that the kernel writes only
/// over what it needs no more. It goes row by row; row y of the output reads no row of the input
/// above y * stride - pad, and what it has written by its end must not pass that row.
constexpr uint64_t packed_conv_2d_lead(const Window2d& window) {
    const uint64_t pixels = uint64_t{window.out_height} * window.out_width;
    if (packed_conv_2d_is_pixelwise(window)) {
        return window.out_channels > window.in_channels
                   ? pixels * (window.out_channels - window.in_channels)
                   : 0;
    }
    const int64_t in_row = int64_t{window.in_width} * window.in_channels;
    const int64_t out_row = int64_t{window.out_width} * window.out_channels;
    // Concave in y: the largest value is at an end or beside the first row that moves down.
    const int64_t last = window.out_height - 1;
    const int64_t kink = window.pad_top / window.stride_y;
    int64_t lead = 0;
    for (int64_t y : {int64_t{0}, std::min(kink, last), std::min(kink + 1, last), last}) {
        const int64_t top = std::max<int64_t>(0, y * window.stride_y - window.pad_top);
        lead = std::max(lead, (y + 1) * out_row - top * in_row);
    }
    return static_cast<uint64_t>(lead);
}

constexpr uint32_t PackedConv2dOp::scratch_bytes() const {
    return packed_conv_2d_scratch_bytes(window);
}

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
