#include "device/kernels/depthwise_conv_2d.hpp"

#include <algorithm>
#include <cstring>

#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kBlock = 16;  // channels at a time: their sums stay in registers

struct Block {
    uint32_t first, count;
};

/// Adds what one tap contributes to a block of channels. `pixel`: the tap's input channels, or null
/// outside the image.
void accumulate(const DepthwiseConv2dOp& op, const int8_t* pixel, const int8_t* weights,
                Block block, int32_t* sums) {
    const uint32_t multiplier = op.window.out_channels / op.window.in_channels;
    int8_t values[kBlock];
    if (pixel == nullptr) {
        std::memset(values, op.input_zero_point, block.count);
    } else if (multiplier == 1) {
        std::memcpy(values, pixel + block.first, block.count);
    } else {
        for (uint32_t i = 0; i < block.count; ++i)
            values[i] = pixel[(block.first + i) / multiplier];
    }
    for (uint32_t i = 0; i < block.count; ++i) sums[i] += values[i] * weights[block.first + i];
}

}  // namespace

void depthwise_conv_2d(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t channels = window.out_channels;
    const ChannelScales scales(op.channels, channels, constants);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    for (int32_t out_y = 0; out_y < window.out_height; ++out_y) {
        for (int32_t out_x = 0; out_x < window.out_width; ++out_x, output += channels) {
            const int32_t first_y = out_y * window.stride_y - window.pad_top;
            const int32_t first_x = out_x * window.stride_x - window.pad_left;
            for (uint32_t first = 0; first < channels; first += kBlock) {
                const Block block{first, std::min(kBlock, channels - first)};
                int32_t sums[kBlock] = {};
                const int8_t* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
                for (int32_t ky = 0; ky < window.kernel_height; ++ky) {
                    const int32_t y = first_y + ky * window.dilation_y;
                    for (int32_t kx = 0; kx < window.kernel_width; ++kx, weights += channels) {
                        const int32_t x = first_x + kx * window.dilation_x;
                        const bool inside =
                            y >= 0 && y < window.in_height && x >= 0 && x < window.in_width;
                        const int8_t* pixel =
                            inside ? input + (y * window.in_width + x) * window.in_channels
                                   : nullptr;
                        accumulate(op, pixel, weights, block, sums);
                    }
                }
                for (uint32_t i = 0; i < block.count; ++i) {
                    output[first + i] = scales.output(sums[i], first + i, op.range);
                }
            }
        }
    }
}

}  // namespace ganglion
