#include "device/kernels/packed_conv_2d.hpp"

#include "device/kernels/cortex_m4/clamp.hpp"
#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/cortex_m4/spread_three.hpp"
#include "device/kernels/cortex_m4/three_pixels.hpp"
#include "device/kernels/patch.hpp"

// Patches are spread out to int16 once, three at a time, and multiplied by all pairs of channels.

namespace ganglion {
namespace {

/// Writes a run of int8, four taps at a time, as one of `lanes` interleaved patches of int16.
uint32_t* spread(const int8_t* from, uint32_t bytes, uint32_t* to, uint32_t lanes) {
    for (const int8_t* end = from + bytes; from < end; from += 4) {
        const uint32_t four = dsp::load(from);
        *to = dsp::even_bytes(four);
        to += lanes;
        *to = dsp::odd_bytes(four);
        to += lanes;
    }
    return to;
}

int8_t* copy_run(const int8_t* from, uint32_t bytes, int8_t* to) {
    for (; bytes >= 4; bytes -= 4, from += 4, to += 4) dsp::store(to, dsp::load(from));
    for (; bytes > 0; --bytes) *to++ = *from++;
    return to;
}

/// The pixels of a pointwise convolution lie one after another.
Window2d as_one_row(Window2d window) {
    const uint32_t pixels = uint32_t{window.in_height} * window.in_width;
    if (packed_conv_2d_is_pixelwise(window) && pixels <= UINT16_MAX) {
        window.in_height = window.out_height = 1;
        window.in_width = window.out_width = static_cast<uint16_t>(pixels);
    }
    return window;
}

/// Adds `groups` (at least 1) times four taps of one pixel to the sums of two channels; moves
/// `weights` behind them. 10 instructions for 8 products.
[[gnu::always_inline]] inline void add_pair_of_channels(const uint32_t*& weights,
                                                        const uint32_t* taps, uint32_t groups,
                                                        int32_t& even, int32_t& both) {
    asm(R"(
    1:
        ldrd    r2, r3, [%[weights]], #8
        ldrd    r4, r5, [%[taps]], #8
        smlad   %[both], r2, r4, %[both]
        sxtb16  r2, r2
        smlad   %[even], r2, r4, %[even]
        smlad   %[both], r3, r5, %[both]
        sxtb16  r3, r3
        subs    %[groups], %[groups], #1
        smlad   %[even], r3, r5, %[even]
        bne     1b
    )"
        : [weights] "+r"(weights), [taps] "+r"(taps), [groups] "+r"(groups), [even] "+r"(even),
          [both] "+r"(both)
        :
        : "r2", "r3", "r4", "r5", "cc", "memory");
}

class Convolution {
  public:
    Convolution(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          window_(as_one_row(op.window)),
          input_(arena + op.input),
          output_(arena + op.output),
          taps_(packed_conv_2d_taps(window_)),
          run_(uint32_t{window_.kernel_width} * window_.in_channels),
          in_row_(int32_t{window_.in_width} * window_.in_channels),
          words_(reinterpret_cast<uint32_t*>(arena + op.scratch)),
          patch_(arena + op.scratch + 6 * taps_),
          records_(constants + op.records),
          runs_are_whole_(window_.dilation_x == 1 && run_ % 4 == 0) {}

    void run() {
        cortex_m4::ThreePixels work{};
        const bool is_positive = op_.range.minimum >= op_.range.zero_point;
        const auto three = is_positive ? cortex_m4::ganglion_three_pixels_positive
                                       : cortex_m4::ganglion_three_pixels;
        cortex_m4::enter_loop(work, taps_ / 4, is_positive);
        work.taps = words_;
        work.records = records_;
        work.end = records_ + window_.out_channels / 2 * packed_conv_2d_record_bytes(window_);
        work.channels = window_.out_channels;
        work.twice_zero_point_plus_1 = twice_zero_point_plus_1();
        uint32_t left = uint32_t{window_.out_height} * window_.out_width;
        for (; left >= 3; left -= 3) {
            next_patches();
            work.output = output_;
            if (window_.out_channels >= 2) three(work);
            if (window_.out_channels % 2 != 0) last_channel(3);
            finish(3);
        }
        for (; left > 0; --left) {
            next_patch(words_, 1);
            for (uint32_t pair = 0; pair < window_.out_channels / 2U; ++pair) one_pixel(pair);
            if (window_.out_channels % 2 != 0) last_channel(1);
            finish(1);
        }
    }

  private:
    uint32_t twice_zero_point_plus_1() const {
        return static_cast<uint32_t>(2 * op_.range.zero_point + 1);
    }

    void finish(uint32_t pixels) {
        const uint32_t bytes = pixels * window_.out_channels;
        cortex_m4::clamp(output_, bytes, op_.range);
        output_ += bytes;
    }

    /// Where the window's first tap lies for an output position.
    struct Corner {
        int32_t y, x;
    };
    Corner corner_of(int32_t out_x) const {
        return {y_ * window_.stride_y - window_.pad_top,
                out_x * window_.stride_x - window_.pad_left};
    }

    /// True where the windows from `first` to `last` of one row need no border.
    bool inside(const Corner& first, const Corner& last) const {
        return first.y >= 0 && first.x >= 0 &&
               first.y + (window_.kernel_height - 1) * window_.dilation_y < window_.in_height &&
               last.x + (window_.kernel_width - 1) * window_.dilation_x < window_.in_width;
    }

    const int8_t* at(const Corner& corner) const {
        return input_ + corner.y * in_row_ + corner.x * window_.in_channels;
    }

    /// Spreads out the patches at the next three output positions, all at once where they lie in
    /// one row inside the image.
    void next_patches() {
        const Corner first = corner_of(x_);
        if (!runs_are_whole_ || x_ + 3 > window_.out_width || !inside(first, corner_of(x_ + 2))) {
            for (uint32_t lane = 0; lane < 3; ++lane) next_patch(words_ + lane, 3);
            return;
        }
        const int8_t* from = at(first);
        uint32_t* to = words_;
        const uint32_t step = uint32_t{window_.stride_x} * window_.in_channels;
        for (uint32_t row = window_.kernel_height; row > 0; --row) {
            to = cortex_m4::ganglion_spread_three(from, step, to, run_ / 4);
            from += in_row_ * window_.dilation_y;
        }
        advance(3);
    }

    void advance(int32_t positions) {
        x_ += positions;
        if (x_ == window_.out_width) {
            x_ = 0;
            ++y_;
        }
    }

    /// Spreads out the patch at the next output position.
    [[gnu::noinline]] void next_patch(uint32_t* to, uint32_t lanes) {
        const Corner corner = corner_of(x_);
        if (inside(corner, corner) && window_.dilation_x == 1) {
            const int8_t* from = at(corner);
            const int32_t step = in_row_ * window_.dilation_y;
            if (runs_are_whole_) {
                for (uint32_t row = window_.kernel_height; row > 0; --row, from += step)
                    to = spread(from, run_, to, lanes);
            } else {
                int8_t* patch = patch_;
                for (uint32_t row = window_.kernel_height; row > 0; --row, from += step)
                    patch = copy_run(from, run_, patch);
                spread(patch_, taps_, to, lanes);
            }
        } else {
            gather_patch(window_, input_, y_, x_, static_cast<int8_t>(op_.input_zero_point),
                         patch_);
            spread(patch_, taps_, to, lanes);
        }
        advance(1);
    }

    int8_t output_of(int32_t twice, const PackedScale& scale) const {
        const auto rounding = static_cast<int32_t>(twice_zero_point_plus_1() << scale.shift_less_1);
        const int32_t high = dsp::high_multiply_add(twice, scale.multiplier, rounding);
        return static_cast<int8_t>(
            __ssat(add_wrapping(high, twice >> 31) >> scale.shift_less_1 >> 1, 8));
    }

    /// A pair of channels of one pixel.
    void one_pixel(uint32_t pair) {
        const uint8_t* record = records_ + pair * packed_conv_2d_record_bytes(window_);
        const auto* words = reinterpret_cast<const uint32_t*>(record);
        auto even = static_cast<int32_t>(*words++);
        auto both = static_cast<int32_t>(*words++);
        const uint32_t* taps = words_;
        add_pair_of_channels(words, taps, taps_ / 4, even, both);
        const uint32_t shifts = words[2];
        const int32_t odd =
            static_cast<int32_t>(static_cast<uint32_t>(both) - static_cast<uint32_t>(even)) >> 7;
        output_[2 * pair] =
            output_of(shift_left(even, 1), {static_cast<int32_t>(words[0]), shifts & 0xff});
        output_[2 * pair + 1] =
            output_of(odd, {static_cast<int32_t>(words[1]), shifts >> 8 & 0xff});
    }

    /// The last of an odd number of channels, for `lanes` pixels.
    [[gnu::noinline]] void last_channel(uint32_t lanes) {
        const uint32_t channel = window_.out_channels - 1U;
        const uint8_t* record = records_ + channel / 2 * packed_conv_2d_record_bytes(window_);
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            const auto* words = reinterpret_cast<const uint32_t*>(record);
            auto even = static_cast<int32_t>(*words);
            words += 2;
            const uint32_t* taps = words_ + lane;
            for (const uint32_t* end = words + taps_ / 2; words < end; taps += lanes)
                even = dsp::multiply_add(dsp::even_bytes(*words++), *taps, even);
            output_[lane * window_.out_channels + channel] =
                output_of(shift_left(even, 1), {static_cast<int32_t>(words[0]), words[2] & 0xff});
        }
    }

    const PackedConv2dOp& op_;
    Window2d window_;
    const int8_t* input_;
    int8_t* output_;
    uint32_t taps_, run_;
    int32_t in_row_;
    uint32_t* words_;
    int8_t* patch_;
    const uint8_t* records_;
    bool runs_are_whole_;
    int32_t y_ = 0, x_ = 0;
};

}  // namespace

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Convolution(op, arena, constants).run();
}

}  // namespace ganglion
