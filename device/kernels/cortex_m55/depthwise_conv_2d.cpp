#include "device/kernels/depthwise_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/vectors.hpp"

// Lanes are channels of one pixel: sixteen at a time, then four.

namespace ganglion {
namespace {

class Depthwise {
  public:
    Depthwise(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : window_(op.window),
          channels_(op.window.out_channels),
          multiplier_(channels_ / op.window.in_channels),
          zero_point_(op.input_zero_point),
          input_(arena + op.input),
          output_(arena + op.output),
          weights_(reinterpret_cast<const int8_t*>(constants + op.weights)),
          biases_(reinterpret_cast<const int32_t*>(constants + op.channels.offset)),
          multipliers_(biases_ + channels_),
          shifts_(reinterpret_cast<const int8_t*>(multipliers_ + channels_)),
          to_output_(op.range),
          zero_point_out_(op.range.zero_point),
          minimum_(op.range.minimum),
          maximum_(op.range.maximum),
          every_fourth_(cortex_m55::multiples_of(4)) {}

    void run(bool is_small) {
        if (is_small && multiplier_ == 1 && window_.kernel_height == 1 && window_.dilation_x == 1 &&
            window_.pad_left == 0 && window_.pad_top == 0 &&
            (window_.out_width - 1) * window_.stride_x + window_.kernel_width <= window_.in_width &&
            (window_.out_height - 1) * window_.stride_y < window_.in_height) {
            return minimum_ >= zero_point_out_ ? run_along_rows<true>() : run_along_rows<false>();
        }
        for (int32_t y = 0; y < window_.out_height; ++y) {
            for (int32_t x = 0; x < window_.out_width; ++x, output_ += channels_) {
                see(y * window_.stride_y - window_.pad_top,
                    x * window_.stride_x - window_.pad_left);
                uint32_t channel = 0;
                if (multiplier_ == 1) {
                    for (; channel + kBlock <= channels_; channel += kBlock) block(channel);
                }
                for (; channel < channels_; channel += cortex_m55::kLanes) few(channel);
            }
        }
    }

  private:
    static constexpr uint32_t kBlock = 16;

    /// A kernel of one row that never reaches over the edge, every shift at least 1 to the right.
    template <bool is_positive>
    void run_along_rows() {
        for (int32_t y = 0; y < window_.out_height; ++y) {
            const int8_t* pixel =
                input_ + y * window_.stride_y * window_.in_width * window_.in_channels;
            for (uint32_t x = window_.out_width; x > 0; --x) {
                along_row<is_positive>(pixel);
                pixel += window_.stride_x * window_.in_channels;
                output_ += channels_;
            }
        }
    }

    template <bool is_positive>
    void along_row(const int8_t* pixel) const {
        const uint32_t step = channels_;
        const uint32_t taps = window_.kernel_width;
        const int8_t* weights = weights_;
        uint32_t channel = 0;
        for (; channel + kBlock <= step; channel += kBlock)
            block_along_row<is_positive>(pixel + channel, channel, taps);
        for (; channel < step; channel += cortex_m55::kLanes) {
            const mve_pred16_t lanes = vctp32q(step - channel);
            const int8_t* from = pixel + channel;
            const int8_t* with = weights + channel;
            int32x4_t sums = vldrwq_z_s32(biases_ + channel, lanes);
            for (uint32_t tap = taps; tap > 0; --tap, from += step, with += step) {
                sums = vaddq_s32(sums,
                                 vmulq_s32(vldrbq_z_s32(from, lanes), vldrbq_z_s32(with, lanes)));
            }
            put_small(sums, channel, lanes);
        }
    }

    void put_small(int32x4_t sums, uint32_t channel, mve_pred16_t lanes) const {
        const int32x4_t high = vqrdmulhq_s32(sums, vldrwq_z_s32(multipliers_ + channel, lanes));
        const int32x4_t values = vrshlq_s32(vaddq_s32(high, vshrq_n_s32(high, 31)),
                                            vldrbq_z_s32(shifts_ + channel, lanes));
        vstrbq_p_s32(output_ + channel, to_output_(values), lanes);
    }

    /// Sixteen channels: q0 to q3 are the sums of every fourth one, as two widenings of products
    /// leave them; narrowing twice puts them in order again.
    template <bool is_positive>
    [[gnu::always_inline]] void block_along_row(const int8_t* pixel, uint32_t channel,
                                                uint32_t taps) const {
        const int8_t* weights = weights_ + channel;
        const int8_t* shifts = shifts_ + channel;
        asm volatile(
            R"(
            vld40.32 {q0, q1, q2, q3}, [%[biases]]
            vld41.32 {q0, q1, q2, q3}, [%[biases]]
            vld42.32 {q0, q1, q2, q3}, [%[biases]]
            vld43.32 {q0, q1, q2, q3}, [%[biases]]
            dls     lr, %[taps]
        1:  vldrb.u8 q4, [%[pixel]]
            vldrb.u8 q5, [%[weights]]
            add     %[pixel], %[pixel], %[step]
            vmullb.s8 q6, q4, q5
            vmullt.s8 q4, q4, q5
            vmovlb.s16 q5, q6
            vadd.i32 q0, q0, q5
            vmovlt.s16 q6, q6
            vadd.i32 q2, q2, q6
            vmovlb.s16 q5, q4
            vadd.i32 q1, q1, q5
            vmovlt.s16 q4, q4
            vadd.i32 q3, q3, q4
            add     %[weights], %[weights], %[step]
            le      lr, 1b
            vshl.i32 q6, %q[every_fourth], #2
            vadd.i32 q6, q6, %[multipliers]
            .irp    i, 0, 1, 2, 3
            vldrw.u32 q4, [q6, #(4 * \i)]
            vqrdmulh.s32 q\i, q\i, q4
            vldrb.s32 q5, [%[shifts], %q[every_fourth]]
            add     %[shifts], %[shifts], #1
            .if %c[ties_away]
            vshr.s32 q4, q\i, #31
            vadd.i32 q\i, q\i, q4
            .endif
            vrshl.s32 q\i, q\i, q5
            vadd.i32 q\i, q\i, %[zero_point]
            .endr
            vqmovnb.s32 q0, q0
            vqmovnt.s32 q0, q2
            vqmovnb.s32 q1, q1
            vqmovnt.s32 q1, q3
            vdup.8  q4, %[minimum]
            vqmovnb.s16 q0, q0
            vqmovnt.s16 q0, q1
            vdup.8  q5, %[maximum]
            vmax.s8 q0, q0, q4
            vmin.s8 q0, q0, q5
            vstrb.8 q0, [%[output]]
        )"
            : [pixel] "+r"(pixel), [weights] "+r"(weights), [shifts] "+r"(shifts)
            : [biases] "r"(biases_ + channel), [multipliers] "r"(multipliers_ + channel),
              [output] "r"(output_ + channel), [step] "r"(channels_), [taps] "r"(taps),
              [zero_point] "r"(zero_point_out_), [minimum] "r"(minimum_), [maximum] "r"(maximum_),
              [every_fourth] "w"(every_fourth_), [ties_away] "i"(is_positive ? 0 : 1)
            : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "lr", "memory");
    }

    /// Kernel positions [first, end) of an axis that lie inside the image.
    struct Part {
        int32_t first, end;
    };
    static Part inside(int32_t begin, int32_t kernel, int32_t dilation, int32_t size) {
        if (begin >= 0 && begin + (kernel - 1) * dilation < size) return {0, kernel};
        const int32_t first = begin < 0 ? (-begin + dilation - 1) / dilation : 0;
        const int32_t end = size > begin ? (size - begin + dilation - 1) / dilation : 0;
        return {std::min(first, kernel), std::clamp(end, std::min(first, kernel), kernel)};
    }

    void see(int32_t y, int32_t x) {
        y_ = y;
        x_ = x;
        rows_ = inside(y, window_.kernel_height, window_.dilation_y, window_.in_height);
        columns_ = inside(x, window_.kernel_width, window_.dilation_x, window_.in_width);
        is_whole_ = rows_.end - rows_.first == window_.kernel_height &&
                    columns_.end - columns_.first == window_.kernel_width;
    }

    /// Calls visit(taps' first pixel, first weight, count) for each row of taps inside.
    template <typename Visit>
    void for_each_row(Visit visit) const {
        const int32_t count = columns_.end - columns_.first;
        if (count <= 0) return;
        for (int32_t ky = rows_.first; ky < rows_.end; ++ky) {
            const int32_t y = y_ + ky * window_.dilation_y;
            const int32_t x = x_ + columns_.first * window_.dilation_x;
            visit(input_ + (y * window_.in_width + x) * window_.in_channels,
                  weights_ + (ky * window_.kernel_width + columns_.first) *
                                 static_cast<int32_t>(channels_),
                  count);
        }
    }

    /// What taps outside the image, which count as the zero point, add.
    int32x4_t outside(uint32_t channel, mve_pred16_t lanes) const {
        int32x4_t weights = vdupq_n_s32(0);
        for (int32_t ky = 0; ky < window_.kernel_height; ++ky) {
            for (int32_t kx = 0; kx < window_.kernel_width; ++kx) {
                const bool is_inside = ky >= rows_.first && ky < rows_.end &&
                                       kx >= columns_.first && kx < columns_.end;
                if (is_inside) continue;
                const int8_t* from =
                    weights_ + (ky * window_.kernel_width + kx) * static_cast<int32_t>(channels_) +
                    channel;
                weights = vaddq_s32(weights, vldrbq_z_s32(from, lanes));
            }
        }
        return vmulq_n_s32(weights, zero_point_);
    }

    void block(uint32_t channel) const {
        int32x4_t sums[4];
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) {
            sums[i] = vld1q_s32(biases_ + channel + 4 * i);
            if (!is_whole_) sums[i] = vaddq_s32(sums[i], outside(channel + 4 * i, vctp32q(4)));
        }
        const uint32_t step = uint32_t{window_.dilation_x} * window_.in_channels;
        for_each_row([&](const int8_t* pixel, const int8_t* weights, int32_t count) {
            pixel += channel;
            weights += channel;
            for (; count > 0; --count, pixel += step, weights += channels_) {
#pragma GCC unroll 4
                for (uint32_t i = 0; i < 4; ++i) {
                    sums[i] = vaddq_s32(
                        sums[i], vmulq_s32(vldrbq_s32(pixel + 4 * i), vldrbq_s32(weights + 4 * i)));
                }
            }
        });
#pragma GCC unroll 4
        for (uint32_t i = 0; i < 4; ++i) put(sums[i], channel + 4 * i, vctp32q(4));
    }

    void few(uint32_t channel) const {
        const mve_pred16_t lanes = vctp32q(channels_ - channel);
        alignas(16) uint32_t sources[4];
        for (uint32_t i = 0; i < 4; ++i) sources[i] = (channel + i) / multiplier_;
        const uint32x4_t places = vld1q_u32(sources);
        int32x4_t sums = vldrwq_z_s32(biases_ + channel, lanes);
        if (!is_whole_) sums = vaddq_s32(sums, outside(channel, lanes));
        const uint32_t step = uint32_t{window_.dilation_x} * window_.in_channels;
        for_each_row([&](const int8_t* pixel, const int8_t* weights, int32_t count) {
            weights += channel;
            for (; count > 0; --count, pixel += step, weights += channels_) {
                const int32x4_t values = vldrbq_gather_offset_z_s32(pixel, places, lanes);
                sums = vaddq_s32(sums, vmulq_s32(values, vldrbq_z_s32(weights, lanes)));
            }
        });
        put(sums, channel, lanes);
    }

    void put(int32x4_t sums, uint32_t channel, mve_pred16_t lanes) const {
        const int32x4_t multipliers = vldrwq_z_s32(multipliers_ + channel, lanes);
        const int32x4_t shifts = vldrbq_z_s32(shifts_ + channel, lanes);
        vstrbq_p_s32(output_ + channel,
                     to_output_(cortex_m55::requantize(sums, multipliers, shifts)), lanes);
    }

    const Window2d& window_;
    uint32_t channels_, multiplier_;
    int32_t zero_point_;
    const int8_t* input_;
    int8_t* output_;
    const int8_t* weights_;
    const int32_t* biases_;
    const int32_t* multipliers_;
    const int8_t* shifts_;
    cortex_m55::ToOutput to_output_;
    int32_t zero_point_out_, minimum_, maximum_;
    uint32x4_t every_fourth_;
    int32_t y_ = 0, x_ = 0;
    Part rows_{}, columns_{};
    bool is_whole_ = false;
};

}  // namespace

void depthwise_conv_2d(const DepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Depthwise(op, arena, constants).run(op.small_sums != 0);
}

}  // namespace ganglion
