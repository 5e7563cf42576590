#pragma once

#include "device/kernels/interleaved_conv_2d.hpp"

namespace ganglion::portable {

/// Sum of one output channel at one position, bias included; `weights`: of the channel's lane.
inline uint32_t interleaved_sum(const InterleavedConv2dOp& op, const int8_t* input, int32_t out_y,
                                int32_t out_x, uint32_t bias, const int8_t* weights) {
    const Window2d& w = op.window;
    uint32_t sum = bias;
    for (int32_t ky = 0; ky < w.kernel_height; ++ky) {
        const int32_t y = out_y * w.stride_y - w.pad_top + ky * w.dilation_y;
        uint32_t tap = 0;
        for (int32_t kx = 0; kx < w.kernel_width; ++kx) {
            const int32_t x = out_x * w.stride_x - w.pad_left + kx;
            const bool inside = y >= 0 && y < w.in_height && x >= 0 && x < w.in_width;
            const int8_t* pixel = inside ? input + (y * w.in_width + x) * w.in_channels : nullptr;
            for (uint32_t channel = 0; channel < w.in_channels; ++channel, ++tap) {
                const int8_t value =
                    inside ? pixel[channel] : static_cast<int8_t>(op.input_zero_point);
                const int8_t weight =
                    weights[tap / kInterleavedTaps * kInterleavedTaps * kInterleavedChannels +
                            tap % kInterleavedTaps];
                sum += static_cast<uint32_t>(plus_128(value) * weight);
            }
        }
        weights += size_t{interleaved_conv_2d_groups(w)} * kInterleavedTaps * kInterleavedChannels;
    }
    return sum;
}

inline void interleaved_conv_2d(const InterleavedConv2dOp& op, int8_t* arena,
                                const uint8_t* constants) {
    using Scales = InterleavedScales<kInterleavedChannels>;
    const Window2d& w = op.window;
    int8_t* output = arena + op.output;
    for (int32_t y = 0; y < w.out_height; ++y) {
        for (int32_t x = 0; x < w.out_width; ++x) {
            for (uint32_t channel = 0; channel < w.out_channels; ++channel) {
                const uint8_t* record =
                    constants + op.records +
                    channel / kInterleavedChannels * interleaved_conv_2d_record_bytes(w);
                const auto& scales = *reinterpret_cast<const Scales*>(record);
                const uint32_t lane = channel % kInterleavedChannels;
                const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof(Scales)) +
                                      lane * kInterleavedTaps;
                const uint32_t sum =
                    interleaved_sum(op, arena + op.input, y, x, scales.bias[lane], weights);
                const int32_t value =
                    interleaved_requantize(sum, scales.multiplier[lane], scales.addend[lane],
                                           scales.shift[lane], op.ties_away != 0);
                *output++ = static_cast<int8_t>(
                    std::clamp<int32_t>(value, op.range.minimum, op.range.maximum));
            }
        }
    }
}

}  // namespace ganglion::portable
