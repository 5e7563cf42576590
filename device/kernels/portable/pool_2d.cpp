#include "device/kernels/pool_2d.hpp"

#include <algorithm>

namespace ganglion {
namespace {

/// The part of a window that lies inside the image, [top, bottom) x [left, right).
struct Inside {
    int32_t top, bottom, left, right;
};

Inside inside_of(const Window2d& window, int32_t out_y, int32_t out_x) {
    const int32_t y = out_y * window.stride_y - window.pad_top;
    const int32_t x = out_x * window.stride_x - window.pad_left;
    return {std::max<int32_t>(y, 0), std::min<int32_t>(y + window.kernel_height, window.in_height),
            std::max<int32_t>(x, 0), std::min<int32_t>(x + window.kernel_width, window.in_width)};
}

int8_t clamp_to(const OutputRange& range, int32_t value) {
    return static_cast<int8_t>(std::clamp<int32_t>(value, range.minimum, range.maximum));
}

/// Calls reduce(first, pixels inside) for each output position and channel.
template <typename Reduce>
void for_each_output(const Pool2dOp& op, int8_t* arena, Reduce reduce) {
    const Window2d& window = op.window;
    int8_t* output = arena + op.output;
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x) {
            const Inside inside = inside_of(window, y, x);
            for (uint32_t channel = 0; channel < window.out_channels; ++channel) {
                *output++ = clamp_to(op.range, reduce(arena + op.input + channel, inside));
            }
        }
    }
}

/// Calls visit(value) for each position of one channel inside the window.
template <typename Visit>
void for_each_value(const Window2d& window, const int8_t* channel, const Inside& inside,
                    Visit visit) {
    for (int32_t y = inside.top; y < inside.bottom; ++y) {
        const int8_t* value = channel + (y * window.in_width + inside.left) * window.in_channels;
        for (int32_t x = inside.left; x < inside.right; ++x, value += window.in_channels)
            visit(*value);
    }
}

}  // namespace

void average_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_output(op, arena, [&](const int8_t* channel, const Inside& inside) -> int32_t {
        int32_t sum = 0;
        for_each_value(op.window, channel, inside, [&](int8_t value) { sum += value; });
        const int32_t count = (inside.bottom - inside.top) * (inside.right - inside.left);
        if (count == 0) return 0;  // never: the loader refuses such windows
        return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
    });
}

void max_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_output(op, arena, [&](const int8_t* channel, const Inside& inside) {
        int32_t largest = -128;
        for_each_value(op.window, channel, inside,
                       [&](int8_t value) { largest = std::max<int32_t>(largest, value); });
        return largest;
    });
}

}  // namespace ganglion
