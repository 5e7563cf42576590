#include "device/kernels/int16_pool_2d.hpp"

#include <algorithm>

namespace ganglion {
namespace {

/// The part of a window that lies inside the image, [top, bottom) x [left, right).
struct Inside {
    int32_t top, bottom, left, right;
};

/// Calls reduce(values, inside) for each output, `values` the channel's first in the image.
template <typename Reduce>
void for_each_output(const Int16Pool2dOp& op, int8_t* arena, Reduce reduce) {
    const Window2d& w = op.window;
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        const int32_t y = out_y * w.stride_y - w.pad_top;
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            const int32_t x = out_x * w.stride_x - w.pad_left;
            const Inside inside{
                std::max<int32_t>(y, 0), std::min<int32_t>(y + w.kernel_height, w.in_height),
                std::max<int32_t>(x, 0), std::min<int32_t>(x + w.kernel_width, w.in_width)};
            for (uint32_t channel = 0; channel < w.out_channels; ++channel) {
                *output++ = static_cast<int16_t>(std::clamp<int32_t>(
                    reduce(input + channel, inside), op.range.minimum, op.range.maximum));
            }
        }
    }
}

template <typename Visit>
void for_each_value(const Window2d& w, const int16_t* channel, const Inside& inside, Visit visit) {
    for (int32_t y = inside.top; y < inside.bottom; ++y) {
        const int16_t* value = channel + (y * w.in_width + inside.left) * w.in_channels;
        for (int32_t x = inside.left; x < inside.right; ++x, value += w.in_channels) visit(*value);
    }
}

}  // namespace

void int16_average_pool_2d(const Int16Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_output(op, arena, [&](const int16_t* channel, const Inside& inside) -> int32_t {
        int32_t sum = 0;
        for_each_value(op.window, channel, inside, [&](int16_t value) { sum += value; });
        const int32_t count = (inside.bottom - inside.top) * (inside.right - inside.left);
        if (count == 0) return 0;  // never: the loader refuses such windows
        return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
    });
}

void int16_max_pool_2d(const Int16Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_output(op, arena, [&](const int16_t* channel, const Inside& inside) {
        int32_t largest = -32768;
        for_each_value(op.window, channel, inside,
                       [&](int16_t value) { largest = std::max<int32_t>(largest, value); });
        return largest;
    });
}

}  // namespace ganglion
