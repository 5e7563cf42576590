#include "device/kernels/conv_2d.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/dot_four.hpp"
#include "device/kernels/patch.hpp"

namespace ganglion {
namespace {

class Convolution {
  public:
    Convolution(const Conv2dOp& op, const uint8_t* constants)
        : to_output_(op.range),
          taps_(conv_2d_taps(op.window)),
          channels_(op.window.out_channels),
          weights_(reinterpret_cast<const int8_t*>(constants + op.weights)),
          biases_(reinterpret_cast<const int32_t*>(constants + op.channels.offset)),
          multipliers_(biases_ + channels_),
          shifts_(reinterpret_cast<const int8_t*>(multipliers_ + channels_)) {}

    /// All channels of one pixel; the last four begin early where their number does not divide.
    void run(const int8_t* patch, int8_t* output) const {
        const mve_pred16_t lanes = vctp32q(channels_);
        const uint32_t last = channels_ < cortex_m55::kLanes ? 0 : channels_ - cortex_m55::kLanes;
        for (uint32_t next = 0; next < channels_; next += cortex_m55::kLanes) {
            const uint32_t first = std::min(next, last);
            const int8_t* of_four[4];
            int32_t begin[4];
            for (uint32_t i = 0; i < 4; ++i) {
                const uint32_t channel = std::min(first + i, channels_ - 1);
                of_four[i] = weights_ + channel * taps_;
                begin[i] = biases_[channel];
            }
            const int32x4_t sums = cortex_m55::dot_four(patch, of_four, taps_, begin);
            const int32x4_t multipliers = vldrwq_z_s32(multipliers_ + first, lanes);
            const int32x4_t shifts = vldrbq_z_s32(shifts_ + first, lanes);
            vstrbq_p_s32(output + first,
                         to_output_(cortex_m55::requantize(sums, multipliers, shifts)), lanes);
        }
    }

  private:
    cortex_m55::ToOutput to_output_;
    uint32_t taps_, channels_;
    const int8_t* weights_;
    const int32_t* biases_;
    const int32_t* multipliers_;
    const int8_t* shifts_;
};

}  // namespace

void conv_2d(const Conv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const Convolution convolution(op, constants);
    const bool is_pointwise = conv_2d_is_pointwise(window);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    int8_t* scratch = arena + op.scratch;
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x, output += window.out_channels) {
            const int8_t* patch = scratch;
            if (is_pointwise) {
                patch = input + (y * window.stride_y * window.in_width + x * window.stride_x) *
                                    window.in_channels;
            } else {
                gather_patch(window, input, y, x, static_cast<int8_t>(op.input_zero_point),
                             scratch);
            }
            convolution.run(patch, output);
        }
    }
}

}  // namespace ganglion
