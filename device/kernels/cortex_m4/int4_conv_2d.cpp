#include "device/kernels/int4_conv_2d.hpp"

#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/int4_patch.hpp"
#include "device/kernels/requantize.hpp"

// Four masks of a word give four pairs of weights, which two pixels share: 28 instructions for 16
// products.

namespace ganglion {
namespace {

constexpr uint32_t kPair = 0x000F000F;

struct Sums {
    int32_t first, second;
};

/// Adds the products of one channel's words with two patches.
Sums multiply(const uint32_t* weights, uint32_t words, const int16_t* first, const int16_t* second,
              Sums sums) {
    for (; words > 0; --words, first += 8, second += 8) {
        const uint32_t word = *weights++;
        const auto add = [&](uint32_t pair, uint32_t tap) {
            sums.first = dsp::multiply_add(pair, dsp::load(first + tap), sums.first);
            sums.second = dsp::multiply_add(pair, dsp::load(second + tap), sums.second);
        };
        add(word & kPair, 0);
        add(word >> 4 & kPair, 2);
        add(word >> 8 & kPair, 4);
        add(word >> 12 & kPair, 6);
    }
    return sums;
}

int32_t multiply(const uint32_t* weights, uint32_t words, const int16_t* patch, int32_t sum) {
    for (; words > 0; --words, patch += 8) {
        const uint32_t word = *weights++;
        const auto add = [&](uint32_t pair, uint32_t tap) {
            sum = dsp::multiply_add(pair, dsp::load(patch + tap), sum);
        };
        add(word & kPair, 0);
        add(word >> 4 & kPair, 2);
        add(word >> 8 & kPair, 4);
        add(word >> 12 & kPair, 6);
    }
    return sum;
}

}  // namespace

void int4_conv_2d(const Int4Conv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t words = int4_conv_2d_words(window);
    const uint32_t channels = window.out_channels;
    const ChannelScales scales(op.channels, channels, constants);
    const auto* const weights = reinterpret_cast<const uint32_t*>(constants + op.weights);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    auto* const first = reinterpret_cast<int16_t*>(arena + op.scratch);
    int16_t* const second = first + 8 * words;
    const int32_t width = window.out_width;
    const int32_t pixels = window.out_height * width;
    for (int32_t n = 0; n < pixels; n += 2, output += 2 * channels) {
        const int32_t of_first = -8 * gather_int4_patch(op, input, n / width, n % width, first);
        const uint32_t* row = weights;
        if (n + 1 == pixels) {
            for (uint32_t channel = 0; channel < channels; ++channel, row += words) {
                output[channel] =
                    scales.output(multiply(row, words, first, of_first), channel, op.range);
            }
            return;
        }
        const int32_t of_second =
            -8 * gather_int4_patch(op, input, (n + 1) / width, (n + 1) % width, second);
        for (uint32_t channel = 0; channel < channels; ++channel, row += words) {
            const Sums sums = multiply(row, words, first, second, {of_first, of_second});
            output[channel] = scales.output(sums.first, channel, op.range);
            output[channels + channel] = scales.output(sums.second, channel, op.range);
        }
    }
}

}  // namespace ganglion
