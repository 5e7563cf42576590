#include "device/kernels/paired_conv_2d.hpp"

#include "device/kernels/patch.hpp"

namespace ganglion {
namespace {

int8_t output_of(const int8_t* patch, const uint8_t* record, uint32_t taps,
                 const OutputRange& range) {
    const auto& channel = *reinterpret_cast<const PairedChannel*>(record);
    const auto* weights = reinterpret_cast<const int8_t*>(record + sizeof channel);
    int32_t sum = 0;
    for (uint32_t i = 0; i < taps; ++i) sum += patch[i] * weights[i];
    const int32_t twice = shift_left(add_wrapping(sum, channel.bias), 1);
    return clamp_to(range, packed_requantize(twice, {channel.multiplier, channel.shift_less_1},
                                             range.zero_point));
}

}  // namespace

void paired_conv_2d(const PairedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t taps = conv_2d_taps(window);
    int8_t* output = arena + op.output;
    const bool direct = paired_conv_2d_is_direct(window);
    int8_t* patch = arena + (direct ? op.input : op.scratch);
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x) {
            if (!direct)
                gather_patch(window, arena + op.input, y, x,
                             static_cast<int8_t>(op.input_zero_point), patch);
            const uint8_t* record = constants + op.records;
            for (uint32_t channel = 0; channel < window.out_channels; ++channel) {
                *output++ = output_of(patch, record, taps, op.range);
                record += paired_conv_2d_record_bytes(window);
            }
        }
    }
}

}  // namespace ganglion
