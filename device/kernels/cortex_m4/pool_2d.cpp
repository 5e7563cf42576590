#include "device/kernels/pool_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m4/dsp.hpp"

// Averages add four channels at a time in two words of int16 pairs.

namespace ganglion {
namespace {

/// The part of a window that lies inside the image.
struct Inside {
    const int8_t* first;  ///< channel 0 of its first position
    int32_t rows, columns;
};

/// More int8 than this could overflow an int16 sum.
constexpr int32_t kMostInHalfWord = 255;

int8_t clamp_to(const OutputRange& range, int32_t value) {
    return static_cast<int8_t>(std::clamp<int32_t>(value, range.minimum, range.maximum));
}

int32_t rounded_mean(int32_t sum, int32_t count) {
    return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
}

/// Visits one channel's values.
template <typename Visit>
void for_each_value(const Window2d& window, const Inside& inside, uint32_t channel, Visit visit) {
    const int32_t channels = window.in_channels;
    const int8_t* row = inside.first + channel;
    for (int32_t y = 0; y < inside.rows; ++y, row += window.in_width * channels) {
        const int8_t* value = row;
        for (int32_t x = 0; x < inside.columns; ++x, value += channels) visit(*value);
    }
}

void average_four(const Pool2dOp& op, const Inside& inside, uint32_t channel, int8_t* output) {
    const int32_t channels = op.window.in_channels;
    const int8_t* row = inside.first + channel;
    uint32_t even = 0;
    uint32_t odd = 0;
    for (int32_t y = 0; y < inside.rows; ++y, row += op.window.in_width * channels) {
        const int8_t* pixel = row;
        for (int32_t x = 0; x < inside.columns; ++x, pixel += channels) {
            const uint32_t four = dsp::load(pixel);
            even = dsp::add_even_bytes(even, four);
            odd = dsp::add_odd_bytes(odd, four);
        }
    }
    const int32_t count = inside.rows * inside.columns;
    const int32_t sums[] = {static_cast<int16_t>(even), static_cast<int16_t>(odd),
                            static_cast<int32_t>(even) >> 16, static_cast<int32_t>(odd) >> 16};
    for (int i = 0; i < 4; ++i) output[i] = clamp_to(op.range, rounded_mean(sums[i], count));
}

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
            reduce(Inside{first, bottom - top, right - left}, output);
        }
    }
}

}  // namespace

void average_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_position(op, arena, [&](const Inside& inside, int8_t* output) {
        const int32_t count = inside.rows * inside.columns;
        const uint32_t channels = op.window.out_channels;
        uint32_t channel = 0;
        if (count <= kMostInHalfWord) {
            for (; channel + 4 <= channels; channel += 4)
                average_four(op, inside, channel, output + channel);
        }
        for (; channel < channels; ++channel) {
            int32_t sum = 0;
            for_each_value(op.window, inside, channel, [&](int8_t value) { sum += value; });
            output[channel] = clamp_to(op.range, rounded_mean(sum, count));
        }
    });
}

void max_pool_2d(const Pool2dOp& op, int8_t* arena, const uint8_t*) {
    for_each_position(op, arena, [&](const Inside& inside, int8_t* output) {
        for (uint32_t channel = 0; channel < op.window.out_channels; ++channel) {
            int32_t largest = -128;
            for_each_value(op.window, inside, channel,
                           [&](int8_t value) { largest = std::max<int32_t>(largest, value); });
            output[channel] = clamp_to(op.range, largest);
        }
    });
}

}  // namespace ganglion
