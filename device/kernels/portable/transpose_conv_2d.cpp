#include "device/kernels/transpose_conv_2d.hpp"

#include "device/kernels/requantize.hpp"
#include "device/kernels/transposed_taps.hpp"

namespace ganglion {

void transpose_conv_2d(const TransposeConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& w = op.window;
    const ChannelScales scales(op.channels, w.out_channels, constants);
    const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const int32_t depth = w.in_channels;
    const int32_t zero = op.input_zero_point;
    int8_t* output = arena + op.output;
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        const TransposedTaps y(out_y, w.pad_top, w.stride_y, w.kernel_height, w.in_height);
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            const TransposedTaps x(out_x, w.pad_left, w.stride_x, w.kernel_width, w.in_width);
            for (int32_t channel = 0; channel < w.out_channels; ++channel) {
                int32_t sum = 0;
                int32_t in_y = y.in;
                for (int32_t ky = y.first; ky < y.end; ky += w.stride_y, --in_y) {
                    int32_t in_x = x.in;
                    for (int32_t kx = x.first; kx < x.end; kx += w.stride_x, --in_x) {
                        const int8_t* from = arena + op.input + (in_y * w.in_width + in_x) * depth;
                        const int8_t* by =
                            weights +
                            ((channel * w.kernel_height + ky) * w.kernel_width + kx) * depth;
                        for (int32_t i = 0; i < depth; ++i) sum += (from[i] - zero) * by[i];
                    }
                }
                *output++ = scales.output(sum, static_cast<uint32_t>(channel), op.range);
            }
        }
    }
}

}  // namespace ganglion
