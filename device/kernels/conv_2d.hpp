#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// int8 convolution. input [height, width, in], weights [out, kernel height, kernel width, in],
/// output [out height, out width, out]. A tap outside the image counts as input_zero_point, as if
/// real 0. scratch: conv_2d_scratch_bytes() bytes of arena, 4-byte aligned, overlapping neither
/// input nor output. input and output do not overlap. kernel height * kernel width * in <=
/// kMostTaps.
struct Conv2dOp {
    OpHeader header;
    Window2d window;
    uint32_t input, output, scratch;  ///< in the arena
    uint32_t weights;                 ///< in the constants, 4-byte aligned
    ChannelTable channels;
    OutputRange range;
    int16_t input_zero_point;
    uint16_t reserved;

    constexpr uint32_t scratch_bytes() const;
};

/// More products of two int8 would overflow a 32-bit sum.
inline constexpr uint32_t kMostTaps = 131071;

constexpr uint32_t conv_2d_taps(const Window2d& window) {
    return uint32_t{window.kernel_height} * window.kernel_width * window.in_channels;
}

/// True where every patch is one pixel of the image, which then needs no copy.
constexpr bool conv_2d_is_pointwise(const Window2d& window) {
    return window.kernel_height == 1 && window.kernel_width == 1 && window.pad_top == 0 &&
           window.pad_left == 0 && (window.out_height - 1) * window.stride_y < window.in_height &&
           (window.out_width - 1) * window.stride_x < window.in_width;
}

/// Two patches of int16, each rounded up to whole words: enough for every target's kernel, so that
/// one program runs on all of them. Pointwise convolutions need none.
constexpr uint32_t conv_2d_scratch_bytes(const Window2d& window) {
    return conv_2d_is_pointwise(window) ? 0 : 4 * ((conv_2d_taps(window) + 3) & ~3U);
}

constexpr uint32_t Conv2dOp::scratch_bytes() const {
    return conv_2d_scratch_bytes(window);
}

void conv_2d(const Conv2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
