#pragma once

#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/packed.hpp"

namespace ganglion {

/// A depthwise convolution as DepthwiseConv2dOp with out = in channels and dilation 1. Four
/// channels at a time are spread out in `scratch`, each an image of int16 with its borders, `band`
/// output rows high. `records`, in the constants, 4-byte aligned: for each channel
///   int32_t twice_bias
///   int32_t multiplier
///   uint32_t shift_less_1
///   int8_t weights[kernel height][row]
/// A row of a 3 x 3 kernel is the 4 bytes w0 w1 w1 w2; any other row has its taps in the order of
/// packed_tap(), rounded up to 4 with zeros. `scratch`: packed_depthwise_scratch_bytes(). The
/// output may be the input's very bytes where depthwise_may_overlap().
struct PackedDepthwiseConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena; scratch is 4-byte aligned
    uint32_t records;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t band;  ///< [1, out height]

    constexpr uint64_t scratch_bytes() const;
};

constexpr bool packed_depthwise_is_3x3(const Window2d& window) {
    return window.kernel_height == 3 && window.kernel_width == 3 && window.stride_x <= 2;
}

constexpr uint32_t packed_depthwise_row_taps(const Window2d& window) {
    return round_up_to_4(window.kernel_width);
}

constexpr uint32_t packed_depthwise_record_bytes(const Window2d& window) {
    return 12 + window.kernel_height * packed_depthwise_row_taps(window);
}

/// Columns of a channel's image in scratch, even.
constexpr uint32_t packed_depthwise_columns(const Window2d& window) {
    const uint32_t taps = packed_depthwise_is_3x3(window) ? 3 : packed_depthwise_row_taps(window);
    const uint32_t positions = (window.out_width + 1U) & ~1U;
    return ((positions - 1) * window.stride_x + taps + 1) & ~1U;
}

constexpr uint32_t packed_depthwise_rows(const Window2d& window, uint32_t band) {
    return (band - 1) * window.stride_y + window.kernel_height;
}

constexpr uint64_t packed_depthwise_scratch_bytes(const Window2d& window, uint32_t band) {
    return uint64_t{8} * packed_depthwise_rows(window, band) * packed_depthwise_columns(window);
}

/// Rows are written only over rows that have been read.
constexpr bool depthwise_may_overlap(const Window2d& window) {
    return window.out_width <= window.in_width && window.out_height <= window.in_height &&
           window.pad_top < window.kernel_height;
}

constexpr uint64_t PackedDepthwiseConv2dOp::scratch_bytes() const {
    return packed_depthwise_scratch_bytes(window, band);
}

void packed_depthwise_conv_2d(const PackedDepthwiseConv2dOp& op, int8_t* arena,
                              const uint8_t* constants);

}  // namespace ganglion
