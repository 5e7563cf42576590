#include "device/kernels/packed_conv_2d.hpp"

#include <algorithm>
#include <array>

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
        const uint32_t rest = taps_ % kVector;
        last_lanes_ = vctp8q(rest);
        stored_lanes_ = rest == 12 ? vctp8q(kVector) : last_lanes_;
        work_.turns = (taps_ + kGroup) / kVector;
        work_.half_turns = (work_.turns + 1) / 2 * 2 + work_.turns % 2;
        work_.rest = rest == 12 ? -8 : static_cast<int32_t>(rest);
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
        static constexpr auto kPlaces = [] {
            std::array<uint8_t, kVector> places{};
            for (uint32_t i = 0; i < kVector; ++i) places[i] = static_cast<uint8_t>(packed_tap(i));
            return places;
        }();
        return vld1q_u8(kPlaces.data());
    }

    void run_four(uint32_t pixels) {
        lay_down_patches(pixels);
        work_.pixels = pixels;
        work_.output = output_;
        if (pixels < kPixels) {
            cortex_m55::ganglion_few_pixels(work_);
        } else if (work_.minimum >= work_.zero_point) {
            cortex_m55::ganglion_four_pixels_positive(work_);
        } else {
            cortex_m55::ganglion_four_pixels(work_);
        }
        output_ += pixels * window_.out_channels;
    }

    void run_one() {
        lay_down(patch_at(next_corner()), values_, kVector, kVector * work_.turns);
        work_.output = output_;
        cortex_m55::ganglion_one_pixel(work_);
        output_ += window_.out_channels;
    }

    /// Where the window's first tap lies for an output position.
    struct Corner {
        int32_t y, x;
    };
    Corner next_corner() const {
        return {y_ * window_.stride_y - window_.pad_top, x_ * window_.stride_x - window_.pad_left};
    }
    /// True where the windows from `corner` to `last_x` of one row are runs of bytes in the image.
    bool is_inside(const Corner& corner, int32_t last_x) const {
        return corner.y >= 0 && corner.x >= 0 && window_.dilation_x == 1 &&
               corner.y + (window_.kernel_height - 1) * window_.dilation_y < window_.in_height &&
               last_x + window_.kernel_width <= window_.in_width;
    }
    const int8_t* at(const Corner& corner) const {
        return input_ + corner.y * in_row_ + corner.x * window_.in_channels;
    }

    /// The patches at the next output positions, side by side.
    void lay_down_patches(uint32_t pixels) {
        const Corner first = next_corner();
        const auto last = static_cast<int32_t>(pixels) - 1;
        if (x_ + last < window_.out_width && is_inside(first, first.x + last * window_.stride_x)) {
            const int8_t* from = at(first);
            const uint32_t step = uint32_t{window_.stride_x} * window_.in_channels;
            if (pixels == kPixels && taps_ == 8 && run_ == 8 && step == 8) {
                lay_down_vectors(from, kPixels * 8, values_, kVector);
            } else {
                for (uint32_t i = 0; i < pixels; ++i, from += step) lay_down_inside(i, from);
            }
            advance(last + 1);
            return;
        }
        for (uint32_t i = 0; i < pixels; ++i) {
            lay_down_pixel(i, patch_at(next_corner()));
            advance(1);
        }
    }

    [[gnu::always_inline]] void lay_down_inside(uint32_t pixel, const int8_t* from) {
        if (run_ % kVector != 0) return lay_down_pixel(pixel, patch_inside(from));
        int8_t* to = values_ + pixel * kVector;
        for (uint32_t row = window_.kernel_height; row > 0; --row, from += row_step_)
            to = lay_down_vectors(from, run_, to, kPixels * kVector);
    }

    [[gnu::always_inline]] void lay_down_pixel(uint32_t pixel, const int8_t* patch) const {
        lay_down(patch, values_ + pixel * kVector, kPixels * kVector,
                 kPixels * kVector * work_.turns - pixel * (kVector - 8));
    }

    /// A patch: 16 taps every `step` bytes, the few behind them at `rest_at` from the first.
    [[gnu::always_inline]] void lay_down(const int8_t* patch, int8_t* to, uint32_t step,
                                         uint32_t rest_at) const {
        const uint32_t whole = taps_ & ~(kVector - 1);
        int8_t* rest = lay_down_vectors(patch, whole, to, step);
        if (work_.rest == 0) return;
        if (work_.rest > 0) rest = to + rest_at;
        const int8x16_t last = vldrbq_gather_offset_z_s8(patch + whole, order_, last_lanes_);
        vstrbq_p_s8(rest, last, stored_lanes_);
    }

    [[gnu::always_inline]] int8_t* lay_down_vectors(const int8_t* from, uint32_t taps, int8_t* to,
                                                    uint32_t step) const {
        for (; taps > 0; taps -= kVector, from += kVector, to += step)
            vst1q_s8(to, vldrbq_gather_offset_s8(from, order_));
        return to;
    }

    /// A patch, its taps one after another; `from` is its first tap, inside the image.
    [[gnu::always_inline]] const int8_t* patch_inside(const int8_t* from) {
        if (window_.kernel_height == 1 && run_ == taps_) return from;
        copy_rows(from, patch_, run_, window_.kernel_height);
        return patch_;
    }

    const int8_t* patch_at(const Corner& corner) {
        if (is_inside(corner, corner.x)) return patch_inside(at(corner));
        if (window_.dilation_x != 1) {
            gather_patch(window_, input_, y_, x_, static_cast<int8_t>(op_.input_zero_point),
                         patch_);
        } else {
            gather_border(corner);
        }
        return patch_;
    }

    /// A window that reaches over the edge.
    void gather_border(const Corner& corner) {
        cortex_m55::fill_bytes(patch_, static_cast<int8_t>(op_.input_zero_point),
                               window_.kernel_height * run_);
        const int32_t left = std::max<int32_t>(corner.x, 0);
        const int32_t right = std::min<int32_t>(corner.x + window_.kernel_width, window_.in_width);
        const int32_t dilation = window_.dilation_y;
        const int32_t top = corner.y < 0 ? (-corner.y + dilation - 1) / dilation : 0;
        int32_t rows = window_.kernel_height - top;
        while (rows > 0 && corner.y + (top + rows - 1) * dilation >= window_.in_height) --rows;
        if (left >= right || rows <= 0) return;
        copy_rows(
            at({corner.y + top * dilation, left}),
            patch_ + static_cast<uint32_t>(top) * run_ + (left - corner.x) * window_.in_channels,
            static_cast<uint32_t>((right - left) * window_.in_channels),
            static_cast<uint32_t>(rows));
    }

    /// `rows` rows of `bytes` bytes of the image into a patch.
    [[gnu::always_inline]] void copy_rows(const int8_t* from, int8_t* to, uint32_t bytes,
                                          uint32_t rows) const {
        if (bytes > kVector) {
            for (; rows > 0; --rows, from += row_step_, to += run_)
                cortex_m55::copy_bytes(to, from, bytes);
            return;
        }
        asm volatile(
            "vctp.8 %[bytes]\n\t"
            "dls lr, %[rows]\n\t"
            "1: vpstt\n\t"
            "vldrbt.u8 q0, [%[from]]\n\t"
            "vstrbt.8 q0, [%[to]]\n\t"
            "add %[from], %[from_step]\n\t"
            "add %[to], %[to_step]\n\t"
            "le lr, 1b"
            : [from] "+r"(from), [to] "+r"(to)
            : [bytes] "r"(bytes), [rows] "r"(rows), [from_step] "r"(row_step_), [to_step] "r"(run_)
            : "q0", "lr", "memory");
    }

    void advance(int32_t positions) {
        x_ += positions;
        if (x_ == window_.out_width) {
            x_ = 0;
            ++y_;
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
    mve_pred16_t last_lanes_, stored_lanes_;  // of the taps after the last whole vector
    cortex_m55::ChannelPairs work_{};
    int32_t y_ = 0, x_ = 0;
};

}  // namespace

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Convolution(op, arena, constants).run();
}

}  // namespace ganglion
