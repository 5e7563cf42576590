#pragma once

#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/interleaved.hpp"

namespace ganglion {

/// Lanes of a record.
inline constexpr uint32_t kInterleavedLanes = 64;

/// A depthwise convolution as DepthwiseConv2dOp with out = in channels. `records`, in the
/// constants, 4-byte aligned: for each 64 lanes
///   InterleavedScales<64>
///   for each 4 of the kernel's taps in row-major order, rounded up with zeros:
///     int8_t weights[64][4]
/// Entry p of these arrays belongs to lane interleaved_lane(p). Where the channels divide 64, there
/// is one record, and lane n is channel n modulo channels: as many pixels at once as there is room
/// for. Else lane n of record k is channel 64 k + n, zeros where there is none. `scratch`: `band`
/// output rows' part of the image, the columns of each remainder modulo stride_x together,
/// interleaved_depthwise_scratch_bytes(). Input, output and scratch do not overlap.
struct InterleavedDepthwiseConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena
    uint32_t records;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t band;       ///< [1, out height]
    uint32_t ties_away;  ///< as InterleavedConv2dOp

    constexpr uint64_t scratch_bytes() const;
};

/// Where interleaving bytes, then pairs of bytes, of 64 channels in 16-byte parts puts them.
constexpr uint32_t interleaved_lane(uint32_t position) {
    return position % 16 / 4 * 16 + position / 16 * 4 + position % 4;
}

constexpr uint32_t interleaved_depthwise_groups(const Window2d& window) {
    return (uint32_t{window.kernel_height} * window.kernel_width + 3) / kInterleavedTaps;
}

constexpr bool interleaved_depthwise_joins_pixels(const Window2d& window) {
    return kInterleavedLanes % window.out_channels == 0;
}

constexpr uint32_t interleaved_depthwise_record_count(const Window2d& window) {
    return (window.out_channels + kInterleavedLanes - 1) / kInterleavedLanes;
}

constexpr uint64_t interleaved_depthwise_record_bytes(const Window2d& window) {
    return sizeof(InterleavedScales<kInterleavedLanes>) +
           uint64_t{interleaved_depthwise_groups(window)} * kInterleavedTaps * kInterleavedLanes;
}

constexpr uint32_t interleaved_depthwise_rows(const Window2d& window, uint32_t band) {
    return (band - 1) * window.stride_y + (window.kernel_height - 1U) * window.dilation_y + 1;
}

/// Columns of one remainder modulo stride_x.
constexpr uint32_t interleaved_depthwise_columns(const Window2d& window) {
    return window.out_width + (window.kernel_width - 1U) * window.dilation_x / window.stride_x;
}

constexpr uint64_t interleaved_depthwise_scratch_bytes(const Window2d& window, uint32_t band) {
    return interleaved_image_bytes(
        interleaved_depthwise_rows(window, band),
        uint64_t{interleaved_depthwise_columns(window)} * window.stride_x, window.in_channels,
        kInterleavedLanes);
}

constexpr uint64_t InterleavedDepthwiseConv2dOp::scratch_bytes() const {
    return interleaved_depthwise_scratch_bytes(window, band);
}

void interleaved_depthwise_conv_2d(const InterleavedDepthwiseConv2dOp& op, int8_t* arena,
                                   const uint8_t* constants);

}  // namespace ganglion
