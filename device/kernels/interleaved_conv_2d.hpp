#pragma once

#include "device/kernels/conv_2d.hpp"
#include "device/kernels/interleaved.hpp"

namespace ganglion {

/// Output channels of a record.
inline constexpr uint32_t kInterleavedChannels = 16;

/// A convolution as Conv2dOp with dilation_x 1, or a matrix product (its rows are the pixels of one
/// line). `records`, in the constants, 4-byte aligned: for each 16 output channels
///   InterleavedScales<16>
///   for each kernel row, for each 4 of its kernel width * in channels taps, rounded up with zeros:
///     int8_t weights[16][4]
/// The last record has zeros for channels that do not exist. `scratch`: `band` output rows' part of
/// the image, interleaved_conv_2d_scratch_bytes(). Input, output and scratch do not overlap.
struct InterleavedConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena
    uint32_t records;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t band;       ///< [1, out height]
    uint32_t ties_away;  ///< 0: the range keeps outputs at or above the zero point, where no tie is
                         ///< away from zero

    constexpr uint64_t scratch_bytes() const;
};

/// Four-tap groups of one kernel row.
constexpr uint32_t interleaved_conv_2d_groups(const Window2d& window) {
    return (uint32_t{window.kernel_width} * window.in_channels + 3) / kInterleavedTaps;
}

constexpr uint64_t interleaved_conv_2d_record_bytes(const Window2d& window) {
    return sizeof(InterleavedScales<kInterleavedChannels>) +
           uint64_t{window.kernel_height} * interleaved_conv_2d_groups(window) * kInterleavedTaps *
               kInterleavedChannels;
}

constexpr uint32_t interleaved_conv_2d_record_count(const Window2d& window) {
    return (window.out_channels + kInterleavedChannels - 1) / kInterleavedChannels;
}

/// Rows and columns of the image, borders included, that `band` output rows see.
constexpr uint32_t interleaved_conv_2d_rows(const Window2d& window, uint32_t band) {
    return (band - 1) * window.stride_y + (window.kernel_height - 1U) * window.dilation_y + 1;
}
constexpr uint32_t interleaved_conv_2d_columns(const Window2d& window) {
    return (window.out_width - 1U) * window.stride_x + window.kernel_width;
}

constexpr uint64_t interleaved_conv_2d_scratch_bytes(const Window2d& window, uint32_t band) {
    return interleaved_image_bytes(interleaved_conv_2d_rows(window, band),
                                   interleaved_conv_2d_columns(window), window.in_channels,
                                   kInterleavedTaps);
}

constexpr uint64_t InterleavedConv2dOp::scratch_bytes() const {
    return interleaved_conv_2d_scratch_bytes(window, band);
}

void interleaved_conv_2d(const InterleavedConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
