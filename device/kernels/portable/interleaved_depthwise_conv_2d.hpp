#pragma once

#include "device/kernels/interleaved_depthwise_conv_2d.hpp"

namespace ganglion::portable {

/// Where in a record's arrays lane `lane` is: the inverse of interleaved_lane().
constexpr uint32_t interleaved_position(uint32_t lane) {
    return lane % 16 / 4 * 16 + lane / 16 * 4 + lane % 4;
}
static_assert([] {
    for (uint32_t lane = 0; lane < kInterleavedLanes; ++lane) {
        if (interleaved_lane(interleaved_position(lane)) != lane) return false;
    }
    return true;
}());

inline int8_t interleaved_depthwise_output(const InterleavedDepthwiseConv2dOp& op,
                                           const int8_t* input, const uint8_t* record,
                                           uint32_t channel, int32_t out_y, int32_t out_x) {
    using Scales = InterleavedScales<kInterleavedLanes>;
    const Window2d& w = op.window;
    const auto& scales = *reinterpret_cast<const Scales*>(record);
    const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof(Scales));
    const uint32_t at = interleaved_position(channel % kInterleavedLanes);
    uint32_t sum = scales.bias[at];
    for (int32_t ky = 0; ky < w.kernel_height; ++ky) {
        const int32_t y = out_y * w.stride_y - w.pad_top + ky * w.dilation_y;
        for (int32_t kx = 0; kx < w.kernel_width; ++kx) {
            const int32_t x = out_x * w.stride_x - w.pad_left + kx * w.dilation_x;
            const bool inside = y >= 0 && y < w.in_height && x >= 0 && x < w.in_width;
            const int8_t value = inside ? input[(y * w.in_width + x) * w.in_channels + channel]
                                        : static_cast<int8_t>(op.input_zero_point);
            const auto tap = static_cast<uint32_t>(ky * w.kernel_width + kx);
            const int8_t weight =
                weights[(tap / kInterleavedTaps * kInterleavedLanes + at) * kInterleavedTaps +
                        tap % kInterleavedTaps];
            sum += static_cast<uint32_t>(plus_128(value) * weight);
        }
    }
    const int32_t value = interleaved_requantize(sum, scales.multiplier[at], scales.addend[at],
                                                 scales.shift[at], op.ties_away != 0);
    return static_cast<int8_t>(std::clamp<int32_t>(value, op.range.minimum, op.range.maximum));
}

inline void interleaved_depthwise_conv_2d(const InterleavedDepthwiseConv2dOp& op, int8_t* arena,
                                          const uint8_t* constants) {
    const Window2d& w = op.window;
    int8_t* output = arena + op.output;
    for (int32_t y = 0; y < w.out_height; ++y) {
        for (int32_t x = 0; x < w.out_width; ++x) {
            for (uint32_t channel = 0; channel < w.out_channels; ++channel) {
                const uint8_t* record =
                    constants + op.records +
                    channel / kInterleavedLanes * interleaved_depthwise_record_bytes(w);
                *output++ =
                    interleaved_depthwise_output(op, arena + op.input, record, channel, y, x);
            }
        }
    }
}

}  // namespace ganglion::portable
