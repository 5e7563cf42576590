#include <algorithm>

#include "device/kernels/int16_channels.hpp"
#include "device/kernels/int16_conv_2d.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kBlock = 8;         // channels at a time: their sums stay near
constexpr uint32_t kNarrowTaps = 256;  // whose products fit 32 bits

/// Which channels, from where in the image.
struct Part {
    int32_t first_y, first_x;
    uint32_t first, count;
};

template <typename Sum>
void sum_taps(const Int16DepthwiseConv2dOp& op, const int16_t* input, const int8_t* weights,
              const Part& part, Sum* sums) {
    const Window2d& w = op.window;
    const uint32_t multiplier = w.out_channels / w.in_channels;
    for (int32_t ky = 0; ky < w.kernel_height; ++ky) {
        const int32_t y = part.first_y + ky * w.dilation_y;
        for (int32_t kx = 0; kx < w.kernel_width; ++kx, weights += w.out_channels) {
            const int32_t x = part.first_x + kx * w.dilation_x;
            if (y < 0 || y >= w.in_height || x < 0 || x >= w.in_width) continue;
            const int16_t* pixel = input + (y * w.in_width + x) * w.in_channels;
            if (multiplier == 1) {
                for (uint32_t i = 0; i < part.count; ++i)
                    sums[i] += pixel[part.first + i] * weights[part.first + i];
            } else {
                for (uint32_t i = 0; i < part.count; ++i)
                    sums[i] += pixel[(part.first + i) / multiplier] * weights[part.first + i];
            }
        }
    }
}

template <typename Sum>
void run(const Int16DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& w = op.window;
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const Int16Channels channels(op.channels, w.out_channels, constants);
    for (int32_t out_y = 0; out_y < w.out_height; ++out_y) {
        for (int32_t out_x = 0; out_x < w.out_width; ++out_x) {
            Part part{out_y * w.stride_y - w.pad_top, out_x * w.stride_x - w.pad_left, 0, 0};
            for (; part.first < w.out_channels; part.first += kBlock) {
                part.count = std::min(kBlock, w.out_channels - part.first);
                Sum sums[kBlock] = {};
                sum_taps(op, input, weights, part, sums);
                for (uint32_t i = 0; i < part.count; ++i)
                    *output++ = channels.output(sums[i], part.first + i, op.range);
            }
        }
    }
}

}  // namespace

void int16_depthwise_conv_2d(const Int16DepthwiseConv2dOp& op, int8_t* arena,
                             const uint8_t* constants) {
    const uint32_t taps = uint32_t{op.window.kernel_height} * op.window.kernel_width;
    taps <= kNarrowTaps ? run<int32_t>(op, arena, constants) : run<int64_t>(op, arena, constants);
}

}  // namespace ganglion
