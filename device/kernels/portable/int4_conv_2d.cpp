#include "device/kernels/int4_conv_2d.hpp"

#include "device/kernels/int4_patch.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion {

void int4_conv_2d(const Int4Conv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t words = int4_conv_2d_words(window);
    const ChannelScales scales(op.channels, window.out_channels, constants);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    auto* patch = reinterpret_cast<int16_t*>(arena + op.scratch);
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x) {
            const int32_t offset = 8 * gather_int4_patch(op, input, y, x, patch);
            const auto* word = reinterpret_cast<const uint32_t*>(constants + op.weights);
            for (uint32_t channel = 0; channel < window.out_channels; ++channel) {
                int32_t sum = -offset;
                const int16_t* value = patch;
                for (uint32_t n = 0; n < words; ++n, ++word, value += 8) {
                    for (uint32_t k = 0; k < 4; ++k) {
                        const uint32_t pair = *word >> (4 * k) & 0x000F000F;
                        sum += value[2 * k] * static_cast<int32_t>(pair & 0xF) +
                               value[2 * k + 1] * static_cast<int32_t>(pair >> 16);
                    }
                }
                *output++ = scales.output(sum, channel, op.range);
            }
        }
    }
}

}  // namespace ganglion
