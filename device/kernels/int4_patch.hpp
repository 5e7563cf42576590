#pragma once

#include <cstdint>

#include "device/kernels/int4_conv_2d.hpp"

namespace ganglion {

/// Copies what the window sees at output position (out_y, out_x) to `patch` as int16; taps outside
/// the image become the zero point, those behind the last 0. Returns their sum.
inline int32_t gather_int4_patch(const Int4Conv2dOp& op, const int8_t* input, int32_t out_y,
                                 int32_t out_x, int16_t* patch) {
    const Window2d& window = op.window;
    const int32_t channels = window.in_channels;
    const int32_t first_y = out_y * window.stride_y - window.pad_top;
    const int32_t first_x = out_x * window.stride_x - window.pad_left;
    int32_t sum = 0;
    for (int32_t ky = 0; ky < window.kernel_height; ++ky) {
        const int32_t y = first_y + ky * window.dilation_y;
        for (int32_t kx = 0; kx < window.kernel_width; ++kx) {
            const int32_t x = first_x + kx * window.dilation_x;
            const bool inside = y >= 0 && y < window.in_height && x >= 0 && x < window.in_width;
            const int8_t* pixel = input + (y * window.in_width + x) * channels;
            for (int32_t i = 0; i < channels; ++i) {
                const int16_t value = inside ? pixel[i] : op.input_zero_point;
                sum += value;
                *patch++ = value;
            }
        }
    }
    for (uint32_t tap = conv_2d_taps(window); tap % 8 != 0; ++tap) *patch++ = 0;
    return sum;
}

}  // namespace ganglion
