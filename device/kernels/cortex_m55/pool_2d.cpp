#include "device/kernels/pool_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {
namespace {

/// The part of a window that lies inside the image.
struct Inside {
    const int8_t* first;  ///< channel 0 of its first pixel
    uint32_t rows, columns;

    uint32_t count() const { return rows * columns; }
};

/// Calls reduce(inside, output) for each output position.
template <typename Reduce>
void for_each_position(const Pool2dOp& op, int8_t* arena, Reduce reduce) {
    const Window2d& w = op.window;
    int8_t* output = arena + op.output;
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        const int32_t y = out_y * w.stride_y - w.pad_top;
        const int32_t top = std::max<int32_t>(y, 0);
        const int32_t bottom = std::min<int32_t>(y + w.kernel_height, w.in_height);
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x, output += w.out_channels) {
            const int32_t x = out_x * w.stride_x - w.pad_left;
            const int32_t left = std::max<int32_t>(x, 0);
            const int32_t right = std::min<int32_t>(x + w.kernel_width, w.in_width);
            const int8_t* first = arena + op.input + (top * w.in_width + left) * w.in_channels;
            reduce(
                {first, static_cast<uint32_t>(bottom - top), static_cast<uint32_t>(right - left)},
                output);
        }
    }
}

/// Calls visit(pixel's channel `channel`) for each pixel inside.
template <typename Visit>
void for_each_pixel(const Window2d& w, const Inside& inside, uint32_t channel, Visit visit) {
    const int8_t* row = inside.first + channel;
    for (uint32_t y = inside.rows; y > 0; --y, row += uint32_t{w.in_width} * w.in_channels) {
        const int8_t* pixel = row;
        for (uint32_t x = inside.columns; x > 0; --x, pixel += w.in_channels) visit(pixel);
    }
}

}  // namespace

void average_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    const Window2d& w = op.window;
    for_each_position(op, arena, [&](const Inside& inside, int8_t* output) {
        const auto count = static_cast<int32_t>(inside.count());
        if (count == 0) return;  // never: the loader refuses such windows
        for (uint32_t channel = 0; channel < w.out_channels; channel += cortex_m55::kLanes) {
            const mve_pred16_t lanes = vctp32q(w.out_channels - channel);
            int32x4_t sums = vdupq_n_s32(0);
            for_each_pixel(w, inside, channel, [&](const int8_t* pixel) {
                sums = vaddq_s32(sums, vldrbq_z_s32(pixel, lanes));
            });
            alignas(16) int32_t values[4];
            vst1q_s32(values, sums);
            const uint32_t left = std::min<uint32_t>(4, w.out_channels - channel);
            for (uint32_t i = 0; i < left; ++i) {
                const int32_t sum = values[i];
                const int32_t mean = (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
                output[channel + i] = static_cast<int8_t>(
                    std::clamp<int32_t>(mean, op.range.minimum, op.range.maximum));
            }
        }
    });
}

void max_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    const Window2d& w = op.window;
    const int8x16_t minimum = vdupq_n_s8(op.range.minimum);
    const int8x16_t maximum = vdupq_n_s8(op.range.maximum);
    for_each_position(op, arena, [&](const Inside& inside, int8_t* output) {
        for (uint32_t channel = 0; channel < w.out_channels; channel += 16) {
            const mve_pred16_t lanes = vctp8q(w.out_channels - channel);
            int8x16_t largest = minimum;
            for_each_pixel(w, inside, channel, [&](const int8_t* pixel) {
                largest = vmaxq_s8(largest, vldrbq_z_s8(pixel, lanes));
            });
            vstrbq_p_s8(output + channel, vminq_s8(largest, maximum), lanes);
        }
    });
}

}  // namespace ganglion
