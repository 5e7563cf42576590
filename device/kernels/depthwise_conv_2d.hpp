#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 depthwise convolution. input [height, width, in], weights [kernel height, kernel width,
/// out] with out = in * multiplier; output channel c reads input channel c / multiplier. A tap
/// outside the image counts as input_zero_point. kernel height * kernel width <= kMostTaps. input
/// and output do not overlap, but where depthwise_conv_2d_lead() allows: a kernel computes pixel by
/// pixel, and of one pixel reads all taps of some channels before it writes these.
struct DepthwiseConv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    uint32_t weights;        ///< in the constants, 4-byte aligned
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    /// 1: every sum is below 2^29 and every channel's shift in [-22, -1], so that
    /// packed_requantize() gives equal bits; 0: not known.
    uint16_t small_sums;
};

/// How many bytes before the input the output must begin at least where the two overlap; empty
/// where they may not. Along one row, a window must not reach back to what was written.
constexpr std::optional<uint32_t> depthwise_conv_2d_lead(const Window2d& window) {
    if (window.in_channels != window.out_channels || window.in_height != 1 ||
        window.out_height != 1 || window.kernel_height != 1 || window.pad_top != 0) {
        return std::nullopt;
    }
    // Of all counts of written pixels, the next window reaches back furthest around this one.
    const int64_t kink = window.pad_left / window.stride_x;
    int64_t pixels = 0;
    for (int64_t written : {kink, kink + 1}) {
        written = std::min<int64_t>(written, window.out_width);
        const int64_t first = written * window.stride_x - window.pad_left;
        pixels = std::max(pixels, written - std::max<int64_t>(first, 0));
    }
    return static_cast<uint32_t>(pixels * window.in_channels);
}

void depthwise_conv_2d(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
