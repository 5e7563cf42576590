#include "device/kernels/grouped_conv_2d.hpp"

#include "device/kernels/requantize.hpp"

namespace ganglion {

void grouped_conv_2d(const GroupedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& w = op.window;
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    const auto* const all_weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const ChannelScales scales(op.channels, w.out_channels, constants);
    const uint32_t depth = w.in_channels / uint32_t{op.groups};
    const uint32_t outs = w.out_channels / uint32_t{op.groups};
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            const int8_t* weights = all_weights;
            for (uint32_t channel = 0; channel < w.out_channels; ++channel) {
                const uint32_t begin = channel / outs * depth;
                int32_t sum = 0;
                for (int32_t ky = 0; ky < w.kernel_height; ++ky) {
                    const int32_t y = out_y * w.stride_y + ky * w.dilation_y - w.pad_top;
                    for (int32_t kx = 0; kx < w.kernel_width; ++kx, weights += depth) {
                        const int32_t x = out_x * w.stride_x + kx * w.dilation_x - w.pad_left;
                        const bool inside = y >= 0 && y < w.in_height && x >= 0 && x < w.in_width;
                        const int8_t* pixel =
                            inside ? input + (y * w.in_width + x) * w.in_channels + begin : nullptr;
                        for (uint32_t i = 0; i < depth; ++i)
                            sum += weights[i] * (inside ? pixel[i] : op.input_zero_point);
                    }
                }
                *output++ = scales.output(sum, channel, op.range);
            }
        }
    }
}

}  // namespace ganglion
