#include "device/kernels/packed_depthwise_conv_2d.hpp"

#include <algorithm>
#include <cstring>

namespace ganglion {
namespace {

/// One channel of the image, copied row by row into scratch before its output, which may lie on the
/// same bytes, is written.
class Channel {
  public:
    Channel(const PackedDepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants,
            uint32_t channel)
        : op_(op),
          input_(arena + op.input + channel),
          output_(arena + op.output + channel),
          rows_(arena + op.scratch),
          record_(reinterpret_cast<const int32_t*>(
              constants + op.records + channel * packed_depthwise_record_bytes(op.window))) {}

    void run() {
        const Window2d& w = op_.window;
        for (int32_t y = 0; y < w.out_height; ++y) {
            load_rows(y);
            for (int32_t x = 0; x < w.out_width; ++x) {
                output_[(y * w.out_width + x) * w.out_channels] = at(x);
            }
        }
    }

  private:
    int32_t columns() const { return static_cast<int32_t>(packed_depthwise_columns(op_.window)); }

    /// Keeps the rows that the window still sees and copies the others.
    void load_rows(int32_t out_y) {
        const Window2d& w = op_.window;
        const int32_t kept = out_y == 0 ? 0 : std::max(w.kernel_height - w.stride_y, 0);
        std::memmove(rows_, rows_ + w.stride_y * columns(), static_cast<size_t>(kept) * columns());
        for (int32_t row = kept; row < w.kernel_height; ++row) {
            load_row(out_y * w.stride_y - w.pad_top + row, rows_ + row * columns());
        }
    }

    void load_row(int32_t y, int8_t* row) const {
        const Window2d& w = op_.window;
        for (int32_t column = 0; column < columns(); ++column) {
            const int32_t x = column - w.pad_left;
            const bool inside = y >= 0 && y < w.in_height && x >= 0 && x < w.in_width;
            row[column] = inside ? input_[(y * w.in_width + x) * w.in_channels]
                                 : static_cast<int8_t>(op_.input_zero_point);
        }
    }

    int32_t weight(int32_t ky, int32_t kx) const {
        const auto* weights = reinterpret_cast<const int8_t*>(record_ + 3);
        const auto row_taps = static_cast<int32_t>(packed_depthwise_row_taps(op_.window));
        if (packed_depthwise_is_3x3(op_.window)) return weights[ky * row_taps + kx + kx / 2];
        return weights[ky * row_taps + static_cast<int32_t>(packed_tap(static_cast<uint32_t>(kx)))];
    }

    int8_t at(int32_t out_x) const {
        const Window2d& w = op_.window;
        auto twice = static_cast<uint32_t>(record_[0]);
        for (int32_t ky = 0; ky < w.kernel_height; ++ky) {
            const int8_t* row = rows_ + ky * columns() + out_x * w.stride_x;
            for (int32_t kx = 0; kx < w.kernel_width; ++kx)
                twice += static_cast<uint32_t>(2 * weight(ky, kx) * row[kx]);
        }
        const PackedScale scale{record_[1], static_cast<uint32_t>(record_[2])};
        return clamp_to(
            op_.range, packed_requantize(static_cast<int32_t>(twice), scale, op_.range.zero_point));
    }

    const PackedDepthwiseConv2dOp& op_;
    const int8_t* input_;
    int8_t* output_;
    int8_t* rows_;
    const int32_t* record_;
};

}  // namespace

void packed_depthwise_conv_2d(const PackedDepthwiseConv2dOp& op, int8_t* arena,
                              const uint8_t* constants) {
    for (uint32_t channel = 0; channel < op.window.out_channels; ++channel) {
        Channel(op, arena, constants, channel).run();
    }
}

}  // namespace ganglion
