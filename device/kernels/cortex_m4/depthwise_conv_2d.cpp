#include "device/kernels/depthwise_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m4/clamp.hpp"
#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/packed.hpp"
#include "device/kernels/requantize.hpp"

// Four channels of one pixel at a time: they and their weights are one word each, four sign
// extensions and four products a tap. No copy is made, so short rows cost little.

namespace ganglion {
namespace {

/// Sums of four neighbouring channels.
struct Sums {
    int32_t a, b, c, d;

    [[gnu::always_inline]] void add(uint32_t values, uint32_t weights) {
        const uint32_t even = dsp::even_bytes(values);
        const uint32_t odd = dsp::odd_bytes(values);
        const uint32_t even_weights = dsp::even_bytes(weights);
        const uint32_t odd_weights = dsp::odd_bytes(weights);
        a = dsp::multiply_add_low(even, even_weights, a);
        b = dsp::multiply_add_low(odd, odd_weights, b);
        c = dsp::multiply_add_high(even, even_weights, c);
        d = dsp::multiply_add_high(odd, odd_weights, d);
    }
};

/// Adds `taps` (at least 1) taps of four channels; tap n lies n * `step` bytes behind `pixel`, its
/// weights behind `weights`.
[[gnu::always_inline]] inline Sums add_taps(Sums sums, const int8_t* pixel, const uint8_t* weights,
                                            uint32_t step, uint32_t taps) {
    uint32_t at = 0;
    uint32_t values = 0;
    uint32_t of_weights = 0;
    uint32_t even = 0;
    uint32_t even_weights = 0;
    asm(R"(
        tst     %[taps], #1
        bne     2f
    1:
        ldr     %[values], [%[pixel], %[at]]
        ldr     %[of_weights], [%[weights], %[at]]
        add     %[at], %[at], %[step]
        sxtb16  %[even], %[values]
        sxtb16  %[even_weights], %[of_weights]
        sxtb16  %[values], %[values], ror #8
        sxtb16  %[of_weights], %[of_weights], ror #8
        smlabb  %[a], %[even], %[even_weights], %[a]
        smlatt  %[c], %[even], %[even_weights], %[c]
        smlabb  %[b], %[values], %[of_weights], %[b]
        smlatt  %[d], %[values], %[of_weights], %[d]
    2:
        ldr     %[values], [%[pixel], %[at]]
        ldr     %[of_weights], [%[weights], %[at]]
        add     %[at], %[at], %[step]
        sxtb16  %[even], %[values]
        sxtb16  %[even_weights], %[of_weights]
        sxtb16  %[values], %[values], ror #8
        sxtb16  %[of_weights], %[of_weights], ror #8
        smlabb  %[a], %[even], %[even_weights], %[a]
        smlatt  %[c], %[even], %[even_weights], %[c]
        smlabb  %[b], %[values], %[of_weights], %[b]
        smlatt  %[d], %[values], %[of_weights], %[d]
        subs    %[taps], %[taps], #2
        bgt     1b
    )"
        : [a] "+r"(sums.a), [b] "+r"(sums.b), [c] "+r"(sums.c), [d] "+r"(sums.d), [at] "+r"(at),
          [taps] "+r"(taps), [values] "=&r"(values), [of_weights] "=&r"(of_weights),
          [even] "=&r"(even), [even_weights] "=&r"(even_weights)
        : [pixel] "r"(pixel), [weights] "r"(weights), [step] "r"(step)
        : "cc", "memory");
    return sums;
}

class Depthwise {
  public:
    Depthwise(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          w_(op.window),
          channels_(w_.out_channels),
          input_(arena + op.input),
          output_(arena + op.output),
          weights_(constants + op.weights),
          biases_(reinterpret_cast<const int32_t*>(constants + op.channels.offset)),
          multipliers_(biases_ + channels_),
          shifts_(reinterpret_cast<const int8_t*>(multipliers_ + channels_)),
          twice_zero_point_plus_1_(2 * op.range.zero_point + 1) {}

    void run() {
        const bool is_plain = w_.in_channels == channels_ && w_.dilation_x == 1;
        for (int32_t y = 0; y < w_.out_height; ++y) {
            first_y_ = y * w_.stride_y - w_.pad_top;
            for (int32_t x = 0; x < w_.out_width; ++x) {
                first_x_ = x * w_.stride_x - w_.pad_left;
                uint32_t channel = 0;
                if (is_plain && is_inside()) {
                    const int8_t* first =
                        input_ + (first_y_ * w_.in_width + first_x_) * w_.in_channels;
                    for (; channel + 4 <= channels_; channel += 4)
                        put(add_inside(first, channel), channel);
                }
                for (; channel < channels_; channel += 4) put(add_any(channel), channel);
                output_ += channels_;
            }
        }
        const uint32_t bytes = uint32_t{w_.out_height} * w_.out_width * channels_;
        cortex_m4::clamp(output_ - bytes, bytes, op_.range);
    }

  private:
    bool is_inside() const {
        return first_y_ >= 0 && first_x_ >= 0 &&
               first_y_ + (w_.kernel_height - 1) * w_.dilation_y < w_.in_height &&
               first_x_ + (w_.kernel_width - 1) * w_.dilation_x < w_.in_width;
    }

    uint32_t count_from(uint32_t channel) const {
        return std::min<uint32_t>(channels_ - channel, 4);
    }

    Sums biases_from(uint32_t channel) const {
        const int32_t* bias = biases_ + channel;
        const uint32_t count = count_from(channel);
        if (count == 4) return {bias[0], bias[1], bias[2], bias[3]};
        return {bias[0], count > 1 ? bias[1] : 0, count > 2 ? bias[2] : 0, 0};
    }

    /// All taps of four channels, none of them outside the image.
    [[gnu::always_inline]] Sums add_inside(const int8_t* first, uint32_t channel) const {
        const int32_t* bias = biases_ + channel;
        Sums sums{bias[0], bias[1], bias[2], bias[3]};
        const int8_t* pixel = first + channel;
        const uint8_t* weights = weights_ + channel;
        for (uint32_t y = w_.kernel_height;;) {
            sums = add_taps(sums, pixel, weights, channels_, w_.kernel_width);
            if (--y == 0) return sums;
            pixel += uint32_t{w_.in_width} * channels_ * w_.dilation_y;
            weights += w_.kernel_width * channels_;
        }
    }

    /// Borders, several outputs a channel and the last few channels.
    [[gnu::noinline]] Sums add_any(uint32_t channel) const {
        Sums sums = biases_from(channel);
        const uint32_t count = count_from(channel);
        const uint32_t repeat = channels_ / w_.in_channels;
        const uint8_t* weights = weights_ + channel;
        for (int32_t ky = 0; ky < w_.kernel_height; ++ky) {
            const int32_t y = first_y_ + ky * w_.dilation_y;
            for (int32_t kx = 0; kx < w_.kernel_width; ++kx, weights += channels_) {
                const int32_t x = first_x_ + kx * w_.dilation_x;
                const bool inside = y >= 0 && y < w_.in_height && x >= 0 && x < w_.in_width;
                const int8_t* pixel =
                    inside ? input_ + (y * w_.in_width + x) * w_.in_channels : nullptr;
                uint32_t values = 0;
                uint32_t of_weights = 0;
                for (uint32_t i = 0; i < count; ++i) {
                    const int32_t value =
                        inside ? pixel[repeat == 1 ? channel + i : (channel + i) / repeat]
                               : op_.input_zero_point;
                    values |= uint32_t{static_cast<uint8_t>(value)} << (8 * i);
                    of_weights |= uint32_t{weights[i]} << (8 * i);
                }
                sums.add(values, of_weights);
            }
        }
        return sums;
    }

    /// Outputs of up to four channels.
    [[gnu::always_inline]] void put(const Sums& sums, uint32_t channel) {
        const uint32_t count = count_from(channel);
        if (count == 4 && op_.small_sums != 0) {
            const uint32_t shifts = ~dsp::load(shifts_ + channel);  // less 1 of right shifts
            const int32_t* multiplier = multipliers_ + channel;
            int8_t* output = output_ + channel;
            output[0] = scaled(sums.a, multiplier[0], shifts & 0xff);
            output[1] = scaled(sums.b, multiplier[1], shifts >> 8 & 0xff);
            output[2] = scaled(sums.c, multiplier[2], shifts >> 16 & 0xff);
            output[3] = scaled(sums.d, multiplier[3], shifts >> 24);
            return;
        }
        put_any(sums, channel, count);
    }

    /// packed_requantize(), saturated.
    [[gnu::always_inline]] int8_t scaled(int32_t sum, int32_t multiplier, uint32_t shift) const {
        const int32_t twice = shift_left(sum, 1);
        const int32_t rounding = shift_left(twice_zero_point_plus_1_, static_cast<int32_t>(shift));
        const int32_t high =
            dsp::high_multiply_add(twice, multiplier, add_wrapping(rounding, sum >> 31));
        return static_cast<int8_t>(__ssat(high >> shift >> 1, 8));
    }

    [[gnu::noinline]] void put_any(const Sums& sums, uint32_t channel, uint32_t count) {
        const int32_t all[] = {sums.a, sums.b, sums.c, sums.d};
        for (uint32_t i = 0; i < count; ++i) {
            const int32_t value =
                requantize(all[i], multipliers_[channel + i], shifts_[channel + i]);
            output_[channel + i] = to_output(value, op_.range);
        }
    }

    const DepthwiseConv2dOp& op_;
    const Window2d& w_;
    uint32_t channels_;
    const int8_t* input_;
    int8_t* output_;  // of the present pixel
    const uint8_t* weights_;
    const int32_t* biases_;
    const int32_t* multipliers_;
    const int8_t* shifts_;
    int32_t twice_zero_point_plus_1_;
    int32_t first_y_ = 0, first_x_ = 0;  // of the present window
};

}  // namespace

void depthwise_conv_2d(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Depthwise(op, arena, constants).run();
}

}  // namespace ganglion
