#include "device/kernels/int16_transpose_conv_2d.hpp"

#include "device/kernels/int16_channels.hpp"
#include "device/kernels/transposed_taps.hpp"

namespace ganglion {

void int16_transpose_conv_2d(const Int16TransposeConv2dOp& op, int8_t* arena,
                             const uint8_t* constants) {
    const Window2d& w = op.window;
    const Int16Channels channels(op.channels, w.out_channels, constants);
    const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const int32_t depth = w.in_channels;
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        const TransposedTaps y(out_y, w.pad_top, w.stride_y, w.kernel_height, w.in_height);
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            const TransposedTaps x(out_x, w.pad_left, w.stride_x, w.kernel_width, w.in_width);
            for (int32_t channel = 0; channel < w.out_channels; ++channel) {
                int64_t sum = 0;
                int32_t in_y = y.in;
                for (int32_t ky = y.first; ky < y.end; ky += w.stride_y, --in_y) {
                    int32_t in_x = x.in;
                    for (int32_t kx = x.first; kx < x.end; kx += w.stride_x, --in_x) {
                        const int16_t* from = input + (in_y * w.in_width + in_x) * depth;
                        const int8_t* by =
                            weights +
                            ((channel * w.kernel_height + ky) * w.kernel_width + kx) * depth;
                        for (int32_t i = 0; i < depth; ++i) sum += from[i] * by[i];
                    }
                }
                *output++ = channels.output(sum, static_cast<uint32_t>(channel), op.range);
            }
        }
    }
}

}  // namespace ganglion
