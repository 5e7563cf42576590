#include "device/kernels/int16_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/int16_channels.hpp"

namespace ganglion {
namespace {

/// Products of a run of neighbours, each block of them in 32 bits: 256 * 2^15 * 2^7 = 2^30.
int64_t dot(const int16_t* values, const int8_t* weights, uint32_t count) {
    constexpr uint32_t kBlock = 256;
    int64_t whole = 0;
    while (count > 0) {
        const uint32_t block = std::min(count, kBlock);
        int32_t sum = 0;
        for (uint32_t i = 0; i < block; ++i) sum += values[i] * weights[i];
        whole += sum;
        values += block;
        weights += block;
        count -= block;
    }
    return whole;
}

/// Taps of one kernel dimension that lie inside the image, [begin, end).
struct Inside {
    int32_t begin, end;
};

Inside inside_of(int32_t first, int32_t kernel, int32_t dilation, int32_t size) {
    Inside taps{0, kernel};
    while (taps.begin < kernel && first + taps.begin * dilation < 0) ++taps.begin;
    while (taps.end > taps.begin && first + (taps.end - 1) * dilation >= size) --taps.end;
    return taps;
}

}  // namespace

void int16_conv_2d(const Int16Conv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& w = op.window;
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const Int16Channels channels(op.channels, w.out_channels, constants);
    const uint32_t depth = w.in_channels / uint32_t{op.groups};
    const uint32_t outs = w.out_channels / uint32_t{op.groups};
    const uint32_t row_weights = w.kernel_width * depth;
    // Taps beside each other are neighbours on both sides, a run of them one product.
    const bool merges = op.groups == 1 && w.dilation_x == 1;
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        const int32_t first_y = out_y * w.stride_y - w.pad_top;
        const Inside rows = inside_of(first_y, w.kernel_height, w.dilation_y, w.in_height);
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            const int32_t first_x = out_x * w.stride_x - w.pad_left;
            const Inside columns = inside_of(first_x, w.kernel_width, w.dilation_x, w.in_width);
            const int32_t step = merges ? std::max<int32_t>(columns.end - columns.begin, 1) : 1;
            const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
            for (uint32_t channel = 0; channel < w.out_channels; ++channel) {
                const int16_t* group = input + channel / outs * depth;
                int64_t sum = 0;
                for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
                    const int32_t y = first_y + ky * w.dilation_y;
                    for (int32_t kx = columns.begin; kx < columns.end; kx += step) {
                        const int32_t x = first_x + kx * w.dilation_x;
                        sum += dot(group + (y * w.in_width + x) * w.in_channels,
                                   weights + static_cast<uint32_t>(ky) * row_weights +
                                       static_cast<uint32_t>(kx) * depth,
                                   static_cast<uint32_t>(step) * depth);
                    }
                }
                weights += w.kernel_height * row_weights;
                *output++ = channels.output(sum, channel, op.range);
            }
        }
    }
}

}  // namespace ganglion
