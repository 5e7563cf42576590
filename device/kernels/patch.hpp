#pragma once

#include <cstdint>
#include <cstring>

#include "device/kernels/op.hpp"

namespace ganglion {

/// Copies what the window sees at output position (out_y, out_x) to `patch`, [kernel height, kernel
/// width, in channels]; taps outside the image become `zero_point`.
inline void gather_patch(const Window2d& window, const int8_t* input, int32_t out_y, int32_t out_x,
                         int8_t zero_point, int8_t* patch) {
    const int32_t channels = window.in_channels;
    const int32_t first_y = out_y * window.stride_y - window.pad_top;
    const int32_t first_x = out_x * window.stride_x - window.pad_left;
    for (int32_t ky = 0; ky < window.kernel_height; ++ky) {
        const int32_t y = first_y + ky * window.dilation_y;
        const bool row_inside = y >= 0 && y < window.in_height;
        for (int32_t kx = 0; kx < window.kernel_width; ++kx) {
            const int32_t x = first_x + kx * window.dilation_x;
            if (row_inside && x >= 0 && x < window.in_width) {
                std::memcpy(patch, input + (y * window.in_width + x) * channels,
                            static_cast<size_t>(channels));
            } else {
                std::memset(patch, zero_point, static_cast<size_t>(channels));
            }
            patch += channels;
        }
    }
}

}  // namespace ganglion
