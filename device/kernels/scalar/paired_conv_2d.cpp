#include "device/kernels/paired_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/patch.hpp"
#include "device/kernels/scalar/clamp.hpp"
#include "device/kernels/scalar/four_pixels.hpp"
#include "device/kernels/scalar/one_pixel.hpp"

// Patches are spread out in scratch, four at a time, two pixels a word, and multiplied by all
// channels.

namespace ganglion {
namespace {

class Convolution {
  public:
    Convolution(const PairedConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          window_(op.window),
          input_(arena + op.input),
          output_(arena + op.output),
          words_(reinterpret_cast<uint32_t*>(arena + op.scratch)),
          records_(constants + op.records),
          taps_(paired_conv_2d_taps(op.window)),
          run_(int32_t{op.window.kernel_width} * op.window.in_channels),
          in_row_(int32_t{op.window.in_width} * op.window.in_channels) {}

    void run() {
        uint32_t left = uint32_t{window_.out_height} * window_.out_width;
        while (left > 0) {
            const uint32_t pixels = std::min<uint32_t>(left, 4);
            if (pixels == 1) {
                one();
            } else {
                several(pixels);
            }
            const uint32_t bytes = pixels * window_.out_channels;
            scalar::clamp(output_, bytes, op_.range);
            output_ += bytes;
            left -= pixels;
        }
    }

  private:
    int32_t twice_zero_point_plus_1() const { return 2 * op_.range.zero_point + 1; }

    void one() {
        auto* patch = reinterpret_cast<int8_t*>(words_);
        const bool direct = paired_conv_2d_is_direct(window_);
        if (!direct)
            gather_patch(window_, input_, y_, x_, static_cast<int8_t>(op_.input_zero_point), patch);
        advance();
        scalar::one_pixel({direct ? input_ : patch, taps_, records_, window_.out_channels, output_,
                           twice_zero_point_plus_1()});
    }

    void several(uint32_t pixels) {
        const int8_t* corners[4];
        bool inside = window_.dilation_x == 1;
        const int32_t first_y = y_;
        const int32_t first_x = x_;
        for (uint32_t lane = 0; lane < 4; ++lane) {
            corners[lane] = lane < pixels ? corner(inside) : corners[lane - 1];
            if (lane < pixels) advance();
        }
        if (inside) {
            spread(corners);
        } else {
            y_ = first_y;
            x_ = first_x;
            for (uint32_t lane = 0; lane < pixels; ++lane, advance()) scatter(lane);
            join();
        }
        const uint32_t channels = window_.out_channels;
        scalar::four_pixels({words_,
                             taps_,
                             records_,
                             channels,
                             output_,
                             {channels, (pixels > 2 ? 2 : 1) * channels, (pixels - 1) * channels},
                             twice_zero_point_plus_1()});
    }

    /// Where the window's first tap lies; takes `inside` away where the window needs a border.
    const int8_t* corner(bool& inside) const {
        const int32_t y = y_ * window_.stride_y - window_.pad_top;
        const int32_t x = x_ * window_.stride_x - window_.pad_left;
        if (y < 0 || x < 0 ||
            y + (window_.kernel_height - 1) * window_.dilation_y >= window_.in_height ||
            x + window_.kernel_width > window_.in_width) {
            inside = false;
        }
        return input_ + y * in_row_ + x * window_.in_channels;
    }

    void advance() {
        if (++x_ == window_.out_width) {
            x_ = 0;
            ++y_;
        }
    }

    /// Four windows inside the image.
    void spread(const int8_t* const (&corners)[4]) {
        const int8_t* a = corners[0];
        const int8_t* b = corners[1];
        const int8_t* c = corners[2];
        const int8_t* d = corners[3];
        const int32_t skip = in_row_ * window_.dilation_y - run_;
        uint32_t* to = words_;
        for (uint32_t row = window_.kernel_height; row > 0; --row) {
            for (const uint32_t* end = to + 2 * run_; to != end; to += 2) {
                to[0] = scalar::pair_of(*a++, *b++);
                to[1] = scalar::pair_of(*c++, *d++);
            }
            a += skip;
            b += skip;
            c += skip;
            d += skip;
        }
    }

    /// One window's bytes, with borders, eight bytes apart.
    void scatter(uint32_t lane) {
        int8_t* to = reinterpret_cast<int8_t*>(words_) + lane;
        const int32_t first_x = x_ * window_.stride_x - window_.pad_left;
        int32_t y = y_ * window_.stride_y - window_.pad_top;
        for (uint32_t row = window_.kernel_height; row > 0; --row, y += window_.dilation_y) {
            int32_t x = first_x;
            for (uint32_t column = window_.kernel_width; column > 0; --column) {
                if (y >= 0 && y < window_.in_height && x >= 0 && x < window_.in_width) {
                    const int8_t* from = input_ + y * in_row_ + x * window_.in_channels;
                    for (uint32_t i = window_.in_channels; i > 0; --i, to += 8) *to = *from++;
                } else {
                    const auto zero = static_cast<int8_t>(op_.input_zero_point);
                    for (uint32_t i = window_.in_channels; i > 0; --i, to += 8) *to = zero;
                }
                x += window_.dilation_x;
            }
        }
    }

    /// Makes words of scattered bytes.
    void join() {
        for (uint32_t* to = words_; to != words_ + 2 * taps_; to += 2) {
            const auto* four = reinterpret_cast<const int8_t*>(to);
            const uint32_t low = scalar::pair_of(four[0], four[1]);
            to[1] = scalar::pair_of(four[2], four[3]);
            to[0] = low;
        }
    }

    const PairedConv2dOp& op_;
    const Window2d& window_;
    const int8_t* input_;
    int8_t* output_;
    uint32_t* words_;
    const uint8_t* records_;
    uint32_t taps_;
    int32_t run_, in_row_;
    int32_t y_ = 0, x_ = 0;
};

}  // namespace

void paired_conv_2d(const PairedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    Convolution(op, arena, constants).run();
}

}  // namespace ganglion
