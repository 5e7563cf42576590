#include "device/kernels/packed_depthwise_conv_2d.hpp"

#include <algorithm>
#include <cstring>

#include "device/kernels/cortex_m55/lines_3x3.hpp"
#include "device/kernels/cortex_m55/vectors.hpp"

// Four channels at a time are laid down in scratch, each an image of its own with its borders. Then
// lanes are neighbours in an image, and a weight is a scalar. An image that is computed at once may
// lie on its side: lanes go along its columns where these fill them better.

namespace ganglion {
namespace {

using cortex_m55::kLanes;

class Depthwise {
  public:
    Depthwise(const PackedDepthwiseConv2dOp& op, int8_t* arena, const uint8_t* constants)
        : op_(op),
          window_(op.window),
          shape_(best_shape(op)),
          columns_(shape_.columns),
          band_(shape_.band),
          rows_(packed_depthwise_rows(op.window, shape_.band)),
          lies_(shape_.lies),
          step_x_(lies_ ? rows_ : 1),
          step_y_(lies_ ? 1 : columns_),
          input_(arena + op.input),
          output_(arena + op.output),
          images_(arena + op.scratch),
          records_(constants + op.records),
          record_bytes_(packed_depthwise_record_bytes(op.window)),
          down_(uint32_t{op.window.out_width} * op.window.out_channels),
          is_3x3_(packed_depthwise_is_3x3(op.window) && op.window.stride_x == op.window.stride_y),
          is_positive_(op.range.minimum >= op.range.zero_point) {}

    void run() {
        cortex_m55::fill_bytes(images_, static_cast<int8_t>(op_.input_zero_point),
                               kLanes * image_bytes());
        for (uint32_t first = 0; first < window_.out_channels; first += kLanes) {
            const uint32_t count = std::min<uint32_t>(kLanes, window_.out_channels - first);
            for (uint32_t i = 0; i < count; ++i) take_channel(first + i, works_[i]);
            int8_t* output = output_ + first;
            for (int32_t row = 0; row < window_.out_height; row += static_cast<int32_t>(band_)) {
                load(first, row);
                const uint32_t rows = std::min<uint32_t>(band_, window_.out_height - row);
                for (uint32_t i = 0; i < count; ++i) compute(i, output + i, rows);
                output += rows * down_;
            }
        }
    }

  private:
    static constexpr uint32_t kBeyond = 16;  // bytes that vectors may read beyond the last image

    /// How images lie in scratch, which has room for twice their bytes where bands are the
    /// operation's.
    struct Shape {
        uint32_t columns, band;
        bool lies;
    };

    static uint32_t vectors(uint32_t outputs) { return (outputs + kLanes - 1) / kLanes; }

    /// As many rows as fit at a time; on its side where that leaves fewer lanes unused.
    static Shape best_shape(const PackedDepthwiseConv2dOp& op) {
        const Window2d& w = op.window;
        const uint32_t columns = (w.out_width - 1U) * w.stride_x + w.kernel_width;
        const auto scratch = static_cast<uint32_t>(op.scratch_bytes());
        const auto fits = [&](uint32_t band) {
            const uint32_t image = columns * packed_depthwise_rows(w, band);
            return kLanes * image + kBeyond * w.stride_x <= scratch;
        };
        if (!fits(op.band)) return {packed_depthwise_columns(w), op.band, false};
        uint32_t band = op.band;
        while (band < w.out_height && fits(band + 1)) ++band;
        const uint32_t upright = vectors(w.out_width) * w.out_height;
        uint32_t on_side = band;
        if (band < w.out_height && band > kLanes) on_side = band / kLanes * kLanes;
        const uint32_t bands = w.out_height / on_side;
        const uint32_t lying =
            (bands * vectors(on_side) + vectors(w.out_height % on_side)) * w.out_width;
        return lying < upright ? Shape{columns, on_side, true} : Shape{columns, band, false};
    }

    uint32_t image_bytes() const { return columns_ * rows_; }

    /// Brings the rows that the band from output row `out_row` on sees into the images.
    void load(uint32_t first, int32_t out_row) {
        int32_t row = 0;
        if (out_row > 0 && window_.kernel_height > window_.stride_y) {
            row = window_.kernel_height - window_.stride_y;
            keep_rows(band_ * window_.stride_y, static_cast<uint32_t>(row));
        }
        const auto rows = static_cast<int32_t>(rows_);
        const int32_t first_y = out_row * window_.stride_y - window_.pad_top;
        const int32_t top = std::clamp<int32_t>(-first_y, row, rows);
        const int32_t bottom = std::clamp<int32_t>(window_.in_height - first_y, top, rows);
        if (band_ < window_.out_height) {
            fill_rows(row, top);
            fill_rows(bottom, rows);
        }
        const uint32_t in_row = uint32_t{window_.in_width} * window_.in_channels;
        const int8_t* from = input_ + static_cast<uint32_t>(first_y + top) * in_row + first;
        int8_t* to = images_ + static_cast<uint32_t>(top) * step_y_ + window_.pad_left * step_x_;
        const uint32_t columns = std::min<uint32_t>(window_.in_width, columns_ - window_.pad_left);
        const uint32x4_t apart = cortex_m55::multiples_of(image_bytes());
        const mve_pred16_t lanes = vctp32q(window_.in_channels - first);
        const uint32_t in_step = window_.in_channels;
        const uint32_t step = step_x_;
        const bool is_whole = window_.in_channels - first >= kLanes;
        for (int32_t y = top; y < bottom; ++y, from += in_row, to += step_y_) {
            const int8_t* pixel = from;
            int8_t* place = to;
            uint32_t x = columns;
            if (is_whole) {
                for (; x > 0; --x, pixel += in_step, place += step)
                    vstrbq_scatter_offset_s32(place, apart, vldrbq_s32(pixel));
            }
            for (; x > 0; --x, pixel += in_step, place += step)
                vstrbq_scatter_offset_s32(place, apart, vldrbq_z_s32(pixel, lanes));
        }
    }

    /// Moves `count` rows from row `first` on to the images' begin.
    void keep_rows(uint32_t first, uint32_t count) const {
        if (!lies_) {
            for (uint32_t i = 0; i < kLanes; ++i) {
                int8_t* image = images_ + i * image_bytes();
                cortex_m55::copy_bytes(image, image + first * columns_, count * columns_);
            }
            return;
        }
        const uint32x4_t apart = cortex_m55::multiples_of(image_bytes());
        for (uint32_t x = 0; x < columns_; ++x) {
            int8_t* place = images_ + x * rows_;
            for (uint32_t y = count; y > 0; --y, ++place) {
                vstrbq_scatter_offset_s32(place, apart,
                                          vldrbq_gather_offset_s32(place + first, apart));
            }
        }
    }

    void fill_rows(int32_t begin, int32_t end) const {
        const uint32x4_t apart = cortex_m55::multiples_of(image_bytes());
        const int32x4_t value = vdupq_n_s32(op_.input_zero_point);
        const uint32_t step = step_x_;
        for (int32_t y = begin; y < end; ++y) {
            int8_t* place = images_ + static_cast<uint32_t>(y) * step_y_;
            for (uint32_t x = columns_; x > 0; --x, place += step)
                vstrbq_scatter_offset_s32(place, apart, value);
        }
    }

    /// What an axis of the image is for the lanes.
    struct Axis {
        uint32_t outputs, stride, kernel;
        uint32_t step;         ///< bytes of the image
        uint32_t output_step;  ///< bytes of the output
    };

    Axis along(uint32_t rows) const { return lies_ ? y_axis(rows) : x_axis(); }
    Axis across(uint32_t rows) const { return lies_ ? x_axis() : y_axis(rows); }
    Axis x_axis() const {
        return {window_.out_width, window_.stride_x, window_.kernel_width, step_x_,
                window_.out_channels};
    }
    Axis y_axis(uint32_t rows) const {
        return {rows, window_.stride_y, window_.kernel_height, step_y_, down_};
    }

    const int8_t* weights_of(uint32_t channel) const {
        return reinterpret_cast<const int8_t*>(record_of(channel) + 3);
    }
    const int32_t* record_of(uint32_t channel) const {
        return reinterpret_cast<const int32_t*>(records_ + channel * record_bytes_);
    }

    /// What all bands of a channel have in common.
    void take_channel(uint32_t channel, cortex_m55::Lines3x3& work) const {
        const int32_t* record = record_of(channel);
        const int8_t* weights = weights_of(channel);
        work.multiplier = record[1];
        work.shift = -1 - record[2];
        work.zero_point = op_.range.zero_point;
        work.bias = record[0] >> 1;
        work.minimum = op_.range.minimum;
        work.maximum = op_.range.maximum;
        if (!is_3x3_) {
            work.channel = channel;
            return;
        }
        const uint32_t right = lies_ ? 3 : 1;
        const uint32_t below = lies_ ? 1 : 3;
        for (uint32_t ky = 0; ky < 3; ++ky, weights += 4) {
            int32_t* to = work.weights + ky * below;
            to[0] = weights[0];
            to[right] = weights[1];
            to[2 * right] = weights[3];
        }
    }

    void compute(uint32_t number, int8_t* output, uint32_t rows) {
        cortex_m55::Lines3x3& work = works_[number];
        work.image = images_ + number * image_bytes();
        work.output = output;
        const Axis lanes = along(rows);
        const Axis lines = across(rows);
        work.lines = lines.outputs;
        work.image_step = lines.step;
        work.output_step = lines.output_step;
        work.lane_step = lanes.output_step;
        work.lanes = lanes.outputs;
        if (!is_3x3_) {
            lines_any(work, lanes, lines);
        } else if (window_.stride_x == 1) {
            (is_positive_ ? cortex_m55::ganglion_lines_3x3_positive
                          : cortex_m55::ganglion_lines_3x3)(work);
        } else {
            work.image_step -= 2;
            (is_positive_ ? cortex_m55::ganglion_lines_3x3_by_2_positive
                          : cortex_m55::ganglion_lines_3x3_by_2)(work);
        }
    }

    void lines_any(const cortex_m55::Lines3x3& work, const Axis& along, const Axis& across) const {
        const int8_t* weights = weights_of(work.channel);
        const cortex_m55::ToOutput to_output(op_.range);
        const uint32x4_t to = cortex_m55::multiples_of(along.output_step);
        const uint32x4_t places = cortex_m55::multiples_of(along.stride);
        for (uint32_t first = 0; first < along.outputs; first += kLanes) {
            const mve_pred16_t lanes = vctp32q(along.outputs - first);
            const int8_t* image = work.image + first * along.stride;
            int8_t* output = work.output + first * along.output_step;
            for (uint32_t line = 0; line < across.outputs; ++line) {
                int32x4_t sums = vdupq_n_s32(work.bias);
                for (uint32_t i = 0; i < across.kernel; ++i) {
                    for (uint32_t k = 0; k < along.kernel; ++k) {
                        const int32x4_t values =
                            vldrbq_gather_offset_z_s32(image + i * across.step + k, places, lanes);
                        sums = vmlaq_n_s32(sums, values, weight(weights, i, k));
                    }
                }
                const int32x4_t values = to_output(
                    cortex_m55::requantize_right<false>(sums, work.multiplier, work.shift));
                vstrbq_scatter_offset_p_s32(output, to, values, lanes);
                image += across.stride * across.step;
                output += across.output_step;
            }
        }
    }

    int32_t weight(const int8_t* weights, uint32_t across, uint32_t along) const {
        const uint32_t ky = lies_ ? along : across;
        const uint32_t kx = lies_ ? across : along;
        const uint32_t tap = packed_depthwise_is_3x3(window_) ? kx + kx / 2 : packed_tap(kx);
        return weights[ky * packed_depthwise_row_taps(window_) + tap];
    }

    const PackedDepthwiseConv2dOp& op_;
    const Window2d& window_;
    Shape shape_;
    uint32_t columns_, band_, rows_;
    bool lies_;
    uint32_t step_x_, step_y_;  // of an image
    const int8_t* input_;
    int8_t* output_;
    int8_t* images_;
    const uint8_t* records_;
    uint32_t record_bytes_;
    uint32_t down_;  // bytes of an output row
    bool is_3x3_, is_positive_;
    cortex_m55::Lines3x3 works_[kLanes];
};

}  // namespace

void packed_depthwise_conv_2d(const PackedDepthwiseConv2dOp& op, int8_t* arena,
                              const uint8_t* constants) {
    Depthwise(op, arena, constants).run();
}

}  // namespace ganglion
