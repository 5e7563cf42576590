#include "device/kernels/packed_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/four_pixels.hpp"
#include "device/kernels/cortex_m55/vectors.hpp"
#include "device/kernels/patch.hpp"

// Patches of four pixels are laid side by side in scratch and multiplied by each pair of channels:
// 16 products an instruction. One vector then holds a channel's sums of four pixels.

namespace ganglion {
namespace {

constexpr uint32_t kPixels = 4;

class Convolution {
  public:
    Convolution(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          window_(op.window),
          input_(arena + op.input),
          output_(arena + op.output),
          taps_(packed_conv_2d_taps(window_)),
          run_(uint32_t{window_.kernel_width} * window_.in_channels),
          in_row_(int32_t{window_.in_width} * window_.in_channels),
          values_(arena + op.scratch),
          patch_(taps_ == kGroup ? few_ : values_ + 6 * taps_),
          records_(constants + op.records),
          order_(order()),
          to_output_(op.range) {}

    void run() {
        const bool is_positive = op_.range.minimum >= op_.range.zero_point;
        uint32_t left = uint32_t{window_.out_height} * window_.out_width;
        while (left > 0) {
            const uint32_t pixels = std::min(left, kPixels);
            for (uint32_t i = 0; i < pixels; ++i) next_patch(i);
            if (is_positive) {
                all_channels<true>(pixels);
            } else {
                all_channels<false>(pixels);
            }
            output_ += pixels * window_.out_channels;
            left -= pixels;
        }
    }

  private:
    static constexpr uint32_t kGroup = 4;    // taps that packed_tap() reorders
    static constexpr uint32_t kVector = 16;  // taps multiplied at once

    /// packed_tap() of 16 places.
    static uint8x16_t order() {
        alignas(16) uint8_t places[kVector];
        for (uint32_t i = 0; i < kVector; ++i) places[i] = static_cast<uint8_t>(packed_tap(i));
        return vld1q_u8(places);
    }

    template <bool is_positive>
    void all_channels(uint32_t pixels) const {
        const uint32x4_t places = cortex_m55::multiples_of(window_.out_channels);
        const mve_pred16_t lanes = vctp32q(pixels);
        const auto put = [&](const int32_t(&sums)[4], uint32_t channel, int32_t multiplier,
                             uint32_t shift_less_1) {
            const int32x4_t values = to_output_(cortex_m55::requantize_right<is_positive>(
                cortex_m55::vector_of(sums[0], sums[1], sums[2], sums[3]), multiplier,
                -1 - static_cast<int32_t>(shift_less_1)));
            vstrbq_scatter_offset_p_s32(output_ + channel, places, values, lanes);
        };
        const uint8_t* record = records_;
        for (uint32_t channel = 0; channel < window_.out_channels; channel += 2) {
            const auto* words = reinterpret_cast<const int32_t*>(record);
            const int32_t even = words[0];
            const int32_t odd = (words[1] - even) >> 8;
            cortex_m55::FourPixels sums{{even, even, even, even}, {odd, odd, odd, odd}};
            cortex_m55::add_products(sums, record + 8, values_, taps_);
            words += 2 + taps_ / 2;
            const auto shifts = static_cast<uint32_t>(words[2]);
            put(sums.even, channel, words[0], shifts & 0xff);
            if (channel + 1U < window_.out_channels)
                put(sums.odd, channel + 1, words[1], shifts >> 8 & 0xff);
            record = reinterpret_cast<const uint8_t*>(words + 3);
        }
    }

    /// Lays the patch at the next output position down as number `pixel` of four.
    void next_patch(uint32_t pixel) {
        const int32_t y = y_ * window_.stride_y - window_.pad_top;
        const int32_t x = x_ * window_.stride_x - window_.pad_left;
        const bool is_inside =
            y >= 0 && x >= 0 && window_.dilation_x == 1 &&
            y + (window_.kernel_height - 1) * window_.dilation_y < window_.in_height &&
            x + window_.kernel_width <= window_.in_width;
        const int8_t* from = input_ + y * in_row_ + x * window_.in_channels;
        const int32_t step = in_row_ * window_.dilation_y;
        if (is_inside && run_ % kVector == 0) {
            int8_t* to = values_ + pixel * kVector;
            for (uint32_t row = window_.kernel_height; row > 0; --row, from += step)
                to = lay_down(from, run_, to);
        } else {
            if (is_inside) {
                int8_t* to = patch_;
                for (uint32_t row = window_.kernel_height; row > 0; --row, from += step, to += run_)
                    cortex_m55::copy_bytes(to, from, run_);
            } else {
                gather_patch(window_, input_, y_, x_, static_cast<int8_t>(op_.input_zero_point),
                             patch_);
            }
            const uint32_t whole = taps_ & ~(kVector - 1);
            lay_down(patch_, whole, values_ + pixel * kVector);
            lay_down_rest(patch_ + whole, taps_ - whole, values_ + kPixels * whole + pixel * 8);
        }
        if (++x_ == window_.out_width) {
            x_ = 0;
            ++y_;
        }
    }

    int8_t* lay_down(const int8_t* from, uint32_t taps, int8_t* to) const {
        for (; taps > 0; taps -= kVector, from += kVector, to += kPixels * kVector)
            vst1q_s8(to, vldrbq_gather_offset_s8(from, order_));
        return to;
    }

    /// The last 4 to 12 taps: groups of eight.
    void lay_down_rest(const int8_t* from, uint32_t taps, int8_t* to) const {
        for (uint32_t left = taps; left > 0; from += 8, to += 8 * kPixels) {
            const uint32_t count = std::min<uint32_t>(left, 8);
            const mve_pred16_t lanes = vctp8q(count);
            vstrbq_p_s8(to, vldrbq_gather_offset_z_s8(from, order_, lanes), lanes);
            left -= count;
        }
    }

    const PackedConv2dOp& op_;
    const Window2d& window_;
    const int8_t* input_;
    int8_t* output_;
    uint32_t taps_, run_;
    int32_t in_row_;
    int8_t* values_;
    int8_t few_[kGroup];
    int8_t* patch_;
    const uint8_t* records_;
    uint8x16_t order_;
    cortex_m55::ToOutput to_output_;
    int32_t y_ = 0, x_ = 0;
};

}  // namespace

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Convolution(op, arena, constants).run();
}

}  // namespace ganglion
