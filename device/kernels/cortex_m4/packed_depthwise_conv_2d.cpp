#include "device/kernels/packed_depthwise_conv_2d.hpp"

#include <algorithm>
#include <cstring>

#include "device/kernels/cortex_m4/clamp.hpp"
#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/cortex_m4/rows_3x3.hpp"
#include "device/kernels/cortex_m4/rows_any.hpp"
#include "device/kernels/cortex_m4/spread_four.hpp"

// Four channels at a time are spread out to one int16 image each, where neighbours in a row are
// neighbours in a word.

namespace ganglion {
namespace {

constexpr uint32_t kBlock = 4;

/// Shape of the images in scratch.
struct Images {
    uint32_t columns, rows;

    uint32_t halves() const { return columns * rows; }
};

class Depthwise {
  public:
    Depthwise(const PackedDepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          window_(op.window),
          images_{packed_depthwise_columns(op.window), packed_depthwise_rows(op.window, op.band)},
          input_(arena + op.input),
          output_(arena + op.output),
          scratch_(reinterpret_cast<int16_t*>(arena + op.scratch)),
          records_(constants + op.records),
          is_positive_(op.range.minimum >= op.range.zero_point) {}

    void run() {
        fill(scratch_, kBlock * images_.halves());
        for (uint32_t first = 0; first < window_.out_channels; first += kBlock) {
            const uint32_t count = std::min<uint32_t>(kBlock, window_.out_channels - first);
            for (int32_t row = 0; row < window_.out_height; row += op_.band) {
                load(first, count, row);
                const uint32_t rows = std::min<uint32_t>(op_.band, window_.out_height - row);
                for (uint32_t i = 0; i < count; ++i) compute(first + i, i, row, rows);
            }
        }
        cortex_m4::clamp(output_,
                         uint32_t{window_.out_height} * window_.out_width * window_.out_channels,
                         op_.range);
    }

  private:
    int16_t* image(uint32_t number) const { return scratch_ + number * images_.halves(); }

    void fill(int16_t* to, uint32_t halves) const {
        const auto value = static_cast<int16_t>(op_.input_zero_point);
        const uint32_t pair =
            dsp::pack_low(static_cast<uint32_t>(value), static_cast<uint32_t>(value));
        for (; halves >= 2; halves -= 2, to += 2) dsp::store(to, pair);
    }

    /// Brings the rows that the band from output row `out_row` on sees into the images.
    void load(uint32_t first, uint32_t count, int32_t out_row) {
        int32_t row = 0;
        if (out_row > 0 && window_.kernel_height > window_.stride_y) {
            row = window_.kernel_height - window_.stride_y;
            const uint32_t from = uint32_t{op_.band} * window_.stride_y * images_.columns;
            for (uint32_t i = 0; i < count; ++i) {
                std::memmove(image(i), image(i) + from,
                             static_cast<uint32_t>(row) * images_.columns * sizeof(int16_t));
            }
        }
        const auto rows = static_cast<int32_t>(images_.rows);
        const int32_t first_y = out_row * window_.stride_y - window_.pad_top;
        const int32_t top = std::clamp<int32_t>(-first_y, row, rows);
        const int32_t bottom = std::clamp<int32_t>(window_.in_height - first_y, top, rows);
        if (op_.band < window_.out_height) {
            fill_rows(count, row, top);
            fill_rows(count, bottom, rows);
        }
        if (top == bottom) return;
        const int8_t* from =
            input_ + (first_y + top) * window_.in_width * window_.in_channels + first;
        int16_t* to = scratch_ + static_cast<uint32_t>(top) * images_.columns + window_.pad_left;
        const auto inside = static_cast<uint32_t>(bottom - top);
        if (count == kBlock) {
            load_four(from, to, inside);
        } else {
            load_few(count, from, to, inside);
        }
    }

    void fill_rows(uint32_t count, int32_t begin, int32_t end) const {
        if (begin >= end) return;
        const auto rows = static_cast<uint32_t>(end - begin);
        for (uint32_t i = 0; i < count; ++i)
            fill(image(i) + static_cast<uint32_t>(begin) * images_.columns, rows * images_.columns);
    }

    /// Columns of the input that any window sees.
    uint32_t wanted() const {
        return std::min<uint32_t>(window_.in_width, images_.columns - window_.pad_left);
    }

    void load_four(const int8_t* from, int16_t* to, uint32_t rows) const {
        const uint32_t columns = wanted();
        const uint32_t apart = images_.halves() * sizeof(int16_t);
        cortex_m4::ganglion_spread_four(
            {from, window_.in_channels, to, apart, 3 * apart, (columns & ~1U) * 2,
             (window_.in_width - columns) * window_.in_channels,
             static_cast<uint32_t>((images_.columns - columns) * sizeof(int16_t)), columns & 1,
             rows});
    }

    void load_few(uint32_t count, const int8_t* from, int16_t* to, uint32_t rows) const {
        const uint32_t in_row = uint32_t{window_.in_width} * window_.in_channels;
        for (uint32_t y = 0; y < rows; ++y, from += in_row, to += images_.columns) {
            for (uint32_t x = 0; x < wanted(); ++x) {
                for (uint32_t i = 0; i < count; ++i)
                    to[x + i * images_.halves()] = from[x * window_.in_channels + i];
            }
        }
    }

    void compute(uint32_t channel, uint32_t number, int32_t out_row, uint32_t rows) const {
        const auto* record = reinterpret_cast<const uint32_t*>(
            records_ + channel * packed_depthwise_record_bytes(window_));
        int8_t* output = output_ + out_row * window_.out_width * window_.out_channels + channel;
        if (packed_depthwise_is_3x3(window_)) {
            compute_3x3(record, image(number), output, rows);
        } else {
            compute_any(record, image(number), output, rows);
        }
    }

    uint32_t rounding(uint32_t shift_less_1) const {
        return static_cast<uint32_t>(2 * op_.range.zero_point + 1) << shift_less_1;
    }

    void compute_3x3(const uint32_t* record, const int16_t* from, int8_t* output,
                     uint32_t rows) const {
        const uint32_t width = window_.out_width;
        const bool by_2 = window_.stride_x == 2;
        cortex_m4::Rows3x3 work{};
        work.twice_bias = work.twice_bias_again = record[0];
        work.multiplier = static_cast<int32_t>(record[1]);
        work.rounding = rounding(record[2]);
        work.shift_less_1 = record[2];
        work.channels = window_.out_channels;
        work.width = by_2 ? 4 * width : 2 * (width & ~1U);
        work.is_odd = by_2 ? 0 : width & 1;
        work.image = from;
        work.row_bytes = 2 * images_.columns;
        work.step_bytes = work.row_bytes * window_.stride_y;
        work.rows = rows;
        for (uint32_t i = 0; i < 3; ++i) work.weights[i] = record[3 + i];
        work.output = output;
        if (by_2) {
            (is_positive_ ? cortex_m4::ganglion_rows_3x3_by_2_positive
                          : cortex_m4::ganglion_rows_3x3_by_2)(work);
        } else {
            (is_positive_ ? cortex_m4::ganglion_rows_3x3_positive
                          : cortex_m4::ganglion_rows_3x3)(work);
        }
    }

    void compute_any(const uint32_t* record, const int16_t* from, int8_t* output,
                     uint32_t rows) const {
        cortex_m4::rows_any({from, images_.columns, window_.stride_y * images_.columns,
                             window_.stride_x, window_.kernel_height,
                             packed_depthwise_row_taps(window_) / 4, record + 3, record[0],
                             static_cast<int32_t>(record[1]), rounding(record[2]), record[2], rows,
                             window_.out_width, output, window_.out_channels});
    }

    const PackedDepthwiseConv2dOp& op_;
    const Window2d& window_;
    Images images_;
    const int8_t* input_;
    int8_t* output_;
    int16_t* scratch_;
    const uint8_t* records_;
    bool is_positive_;
};

}  // namespace

void packed_depthwise_conv_2d(const PackedDepthwiseConv2dOp& op, int8_t* arena,
                              const uint8_t* constants) {
    Depthwise(op, arena, constants).run();
}

}  // namespace ganglion
