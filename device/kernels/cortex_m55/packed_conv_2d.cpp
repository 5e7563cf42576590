#include "device/kernels/packed_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/channel_pairs.hpp"
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
          row_step_(in_row_ * window_.dilation_y),
          values_(arena + op.scratch),
          patch_(taps_ == kGroup ? few_ : values_ + 6 * taps_),
          order_(order()) {
        const uint32_t record = packed_conv_2d_record_bytes(window_);
        work_.values = values_;
        work_.turns = taps_ / kVector;
        work_.rest = taps_ % kVector;
        work_.records = constants + op.records;
        work_.whole = work_.records + window_.out_channels / 2 * record;
        work_.end = work_.records + packed_conv_2d_record_count(window_) * record;
        work_.channels = window_.out_channels;
        work_.zero_point = op.range.zero_point;
        work_.minimum = op.range.minimum;
        work_.maximum = op.range.maximum;
    }

    void run() {
        uint32_t left = uint32_t{window_.out_height} * window_.out_width;
        for (; left >= 2; left -= std::min(left, kPixels)) run_four(std::min(left, kPixels));
        if (left == 1) run_one();
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

    void run_four(uint32_t pixels) {
        for (uint32_t i = 0; i < pixels; ++i) next_patch(i);
        work_.pixels = pixels;
        work_.output = output_;
        (work_.minimum >= work_.zero_point ? cortex_m55::ganglion_four_pixels_positive
                                           : cortex_m55::ganglion_four_pixels)(work_);
        output_ += pixels * window_.out_channels;
    }

    void run_one() {
        int8_t* to = values_;
        const int8_t* from = patch();
        uint32_t left = taps_;
        for (; left >= kVector; left -= kVector, from += kVector, to += kVector)
            vst1q_s8(to, vldrbq_gather_offset_s8(from, order_));
        const mve_pred16_t lanes = vctp8q(left);
        vstrbq_p_s8(to, vldrbq_gather_offset_z_s8(from, order_, lanes), lanes);
        work_.output = output_;
        cortex_m55::ganglion_one_pixel(work_);
        output_ += window_.out_channels;
    }

    /// Lays the patch at the next output position down as number `pixel` of four.
    void next_patch(uint32_t pixel) {
        const Corner corner = next_corner();
        if (corner.is_inside && run_ % kVector == 0) {
            int8_t* to = values_ + pixel * kVector;
            const int8_t* from = at(corner);
            for (uint32_t row = window_.kernel_height; row > 0; --row, from += row_step_)
                to = lay_down(from, run_, to);
            advance();
            return;
        }
        const int8_t* from = patch();
        const uint32_t whole = taps_ & ~(kVector - 1);
        lay_down(from, whole, values_ + pixel * kVector);
        lay_down_rest(from + whole, taps_ - whole, values_ + kPixels * whole + pixel * 8);
    }

    /// Where the window's first tap lies at the next output position.
    struct Corner {
        int32_t y, x;
        bool is_inside;  ///< the whole window, whose rows are runs of bytes
    };
    Corner next_corner() const {
        const int32_t y = y_ * window_.stride_y - window_.pad_top;
        const int32_t x = x_ * window_.stride_x - window_.pad_left;
        const bool is_inside =
            y >= 0 && x >= 0 && window_.dilation_x == 1 &&
            y + (window_.kernel_height - 1) * window_.dilation_y < window_.in_height &&
            x + window_.kernel_width <= window_.in_width;
        return {y, x, is_inside};
    }
    const int8_t* at(const Corner& corner) const {
        return input_ + corner.y * in_row_ + corner.x * window_.in_channels;
    }

    /// The patch at the next output position, its taps one after another.
    const int8_t* patch() {
        const Corner corner = next_corner();
        if (window_.dilation_x != 1) {
            gather_patch(window_, input_, y_, x_, static_cast<int8_t>(op_.input_zero_point),
                         patch_);
        } else if (!corner.is_inside) {
            gather_border(corner);
        } else if (window_.kernel_height == 1 && run_ == taps_) {
            advance();
            return at(corner);
        } else {
            int8_t* to = patch_;
            const int8_t* from = at(corner);
            for (uint32_t row = window_.kernel_height; row > 0;
                 --row, from += row_step_, to += run_)
                cortex_m55::copy_bytes(to, from, run_);
        }
        advance();
        return patch_;
    }

    /// A window that reaches over the edge.
    void gather_border(const Corner& corner) {
        cortex_m55::fill_bytes(patch_, static_cast<int8_t>(op_.input_zero_point),
                               window_.kernel_height * run_);
        const int32_t left = std::max<int32_t>(corner.x, 0);
        const int32_t right = std::min<int32_t>(corner.x + window_.kernel_width, window_.in_width);
        if (left >= right) return;
        const auto bytes = static_cast<uint32_t>((right - left) * window_.in_channels);
        int8_t* to = patch_ + (left - corner.x) * window_.in_channels;
        int32_t y = corner.y;
        for (uint32_t row = window_.kernel_height; row > 0; --row, to += run_) {
            if (y >= 0 && y < window_.in_height)
                cortex_m55::copy_bytes(to, input_ + y * in_row_ + left * window_.in_channels,
                                       bytes);
            y += window_.dilation_y;
        }
    }

    void advance() {
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
    int32_t in_row_, row_step_;
    int8_t* values_;
    int8_t few_[kGroup];
    int8_t* patch_;
    uint8x16_t order_;
    cortex_m55::ChannelPairs work_{};
    int32_t y_ = 0, x_ = 0;
};

}  // namespace

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Convolution(op, arena, constants).run();
}

}  // namespace ganglion
