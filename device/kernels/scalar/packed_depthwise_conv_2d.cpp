#include "device/kernels/packed_depthwise_conv_2d.hpp"

#include <algorithm>

#include "device/kernels/scalar/clamp.hpp"
#include "device/kernels/scalar/depthwise_rows.hpp"
#include "device/kernels/scalar/four_pixels.hpp"
#include "device/kernels/scalar/scale.hpp"

// One channel at a time is spread out in scratch with its borders, two output rows a word: row y
// and the one `half_` below it. So neighbours share their loads, one multiplication serves two
// outputs, and no pixel tests for the border.

namespace ganglion {
namespace {

class Channel {
  public:
    Channel(const PackedDepthwiseConv2dOp& op, int8_t* arena)
        : op_(op),
          window_(op.window),
          words_(reinterpret_cast<uint32_t*>(arena + op.scratch)),
          input_(arena + op.input),
          output_(arena + op.output),
          columns_((window_.out_width - 1) * window_.stride_x + window_.kernel_width),
          zero_(static_cast<int8_t>(op.input_zero_point)) {
        const auto most = static_cast<int32_t>(packed_depthwise_scratch_bytes(window_, op.band) /
                                               4 / static_cast<uint32_t>(columns_));
        half_ = std::min<int32_t>((window_.out_height + 1) / 2,
                                  (most - window_.kernel_height) / window_.stride_y + 1);
    }

    void run(uint32_t channel, const uint8_t* record) {
        scalar::DepthwiseRows work{};
        work.columns = columns_;
        work.width = window_.out_width;
        work.stride = window_.stride_x;
        work.kernel_height = window_.kernel_height;
        work.kernel_width = window_.kernel_width;
        work.channels = window_.out_channels;
        work.record = record;
        work.is_3x3 = packed_depthwise_is_3x3(window_);
        work.twice_zero_point_plus_1 = 2 * op_.range.zero_point + 1;
        const int32_t out_row = int32_t{window_.out_width} * window_.out_channels;
        for (int32_t y = 0; y < window_.out_height; y += 2 * half_) {
            fill(y, input_ + channel);
            for (int32_t i = 0; i < half_ && y + i < window_.out_height; ++i) {
                work.words = words_ + i * window_.stride_y * columns_;
                work.output = output_ + channel + (y + i) * out_row;
                work.second = y + i + half_ < window_.out_height ? half_ * out_row : 0;
                scalar::depthwise_rows(work);
            }
        }
    }

  private:
    /// What the output rows from `y` on need of a channel. Rows that the rows above have seen come
    /// from there: their place in the image may be written over.
    void fill(int32_t y, const int8_t* image) {
        const int32_t apart = half_ * window_.stride_y;
        const int32_t rows = (half_ - 1) * window_.stride_y + window_.kernel_height;
        const int32_t top = y * window_.stride_y - window_.pad_top;
        const int32_t kept = y == 0 ? 0 : std::max(window_.kernel_height - window_.stride_y, 0);
        uint32_t* to = words_;
        for (int32_t row = 0; row < rows; ++row, to += columns_) {
            const Row high = row_at(image, top + apart + row);
            if (row < kept) {
                keep(to, to + apart * columns_, high);
            } else {
                spread(to, row_at(image, top + row), high);
            }
        }
    }

    /// A row of one channel; one value again and again outside the image.
    struct Row {
        const int8_t* from;
        int32_t step;
    };
    Row row_at(const int8_t* image, int32_t y) const {
        if (y < 0 || y >= window_.in_height) return {&zero_, 0};
        return {image + y * window_.in_width * window_.in_channels, window_.in_channels};
    }

    int32_t inside_end() const {
        return std::min<int32_t>(window_.pad_left + window_.in_width, columns_);
    }

    void spread(uint32_t* to, Row low, Row high) const {
        const uint32_t zeros = scalar::pair_of(zero_, zero_);
        const uint32_t* first = to + window_.pad_left;
        const uint32_t* inside = to + inside_end();
        const uint32_t* end = to + columns_;
        while (to != first) *to++ = zeros;
        for (; to != inside; low.from += low.step, high.from += high.step)
            *to++ = scalar::pair_of(*low.from, *high.from);
        while (to != end) *to++ = zeros;
    }

    /// The lower row is the higher one of words that are there already.
    void keep(uint32_t* to, const uint32_t* old, Row high) const {
        for (int32_t column = 0; column < columns_; ++column) {
            const auto word = static_cast<int32_t>(old[column]);
            const int32_t low = (word - static_cast<int8_t>(word)) >> scalar::kPairBits;
            const bool inside = column >= window_.pad_left && column < inside_end();
            to[column] = scalar::pair_of(low, inside ? *high.from : zero_);
            if (inside) high.from += high.step;
        }
    }

    const PackedDepthwiseConv2dOp& op_;
    const Window2d& window_;
    uint32_t* words_;
    const int8_t* input_;
    int8_t* output_;
    int32_t columns_, half_;
    int8_t zero_;
};

}  // namespace

void packed_depthwise_conv_2d(const PackedDepthwiseConv2dOp& op, int8_t* arena,
                              const uint8_t* constants) {
    Channel image(op, arena);
    const uint8_t* record = constants + op.records;
    for (uint32_t channel = 0; channel < op.window.out_channels; ++channel) {
        image.run(channel, record);
        record += packed_depthwise_record_bytes(op.window);
    }
    scalar::clamp(arena + op.output,
                  uint32_t{op.window.out_height} * op.window.out_width * op.window.out_channels,
                  op.range);
}

}  // namespace ganglion
