#include "device/kernels/conv_2d.hpp"

#include "device/kernels/patch.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

int32_t dot(const int8_t* a, const int8_t* b, uint32_t count) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

}  // namespace

void conv_2d(const Conv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t taps = conv_2d_taps(window);
    const ChannelScales scales(op.channels, window.out_channels, constants);
    const int8_t* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    int8_t* scratch = arena + op.scratch;
    const bool pointwise = conv_2d_is_pointwise(window);
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x) {
            const int8_t* patch = scratch;
            if (pointwise) {
                patch = input + (y * window.stride_y * window.in_width + x * window.stride_x) *
                                    window.in_channels;
            } else {
                gather_patch(window, input, y, x, static_cast<int8_t>(op.input_zero_point),
                             scratch);
            }
            const int8_t* filter = weights;
            for (uint32_t channel = 0; channel < window.out_channels; ++channel, filter += taps) {
                *output++ = scales.output(dot(patch, filter, taps), channel, op.range);
            }
        }
    }
}

}  // namespace ganglion
