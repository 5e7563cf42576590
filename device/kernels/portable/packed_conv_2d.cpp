#include "device/kernels/packed_conv_2d.hpp"

#include "device/kernels/patch.hpp"

namespace ganglion {
namespace {

/// One pair of output channels.
class Record {
  public:
    Record(const PackedConv2dOp& op, const uint8_t* constants, uint32_t pair)
        : taps_(packed_conv_2d_taps(op.window)),
          biases_(reinterpret_cast<const uint32_t*>(constants + op.records +
                                                    pair * packed_conv_2d_record_bytes(op.window))),
          weights_(reinterpret_cast<const uint16_t*>(biases_ + 2)) {}

    int8_t output(const int8_t* patch, uint32_t taps, bool odd, const OutputRange& range) const {
        uint32_t sum = odd ? (biases_[1] - biases_[0]) >> 8 : biases_[0];
        for (uint32_t i = 0; i < taps_; ++i) {
            const uint32_t tap = packed_tap(i);
            if (tap >= taps) continue;
            const int32_t weight = odd ? odd_weight(weights_[i]) : even_weight(weights_[i]);
            sum += static_cast<uint32_t>(weight * patch[tap]);
        }
        // The odd channel's sum lies in the upper 24 bits of a word.
        const uint32_t twice =
            odd ? static_cast<uint32_t>(static_cast<int32_t>(sum << 8) >> 7) : sum << 1;
        const auto* scales = reinterpret_cast<const int32_t*>(weights_ + taps_);
        const auto* shifts = reinterpret_cast<const uint8_t*>(scales + 2);
        const PackedScale scale{scales[odd ? 1 : 0], shifts[odd ? 1 : 0]};
        return clamp_to(range,
                        packed_requantize(static_cast<int32_t>(twice), scale, range.zero_point));
    }

  private:
    uint32_t taps_;
    const uint32_t* biases_;
    const uint16_t* weights_;
};

}  // namespace

void packed_conv_2d(const PackedConv2dOp& op, int8_t* arena, const uint8_t* constants) {
    const Window2d& window = op.window;
    const uint32_t taps = conv_2d_taps(window);
    int8_t* output = arena + op.output;
    int8_t* patch = arena + op.scratch;
    for (int32_t y = 0; y < window.out_height; ++y) {
        for (int32_t x = 0; x < window.out_width; ++x) {
            gather_patch(window, arena + op.input, y, x, static_cast<int8_t>(op.input_zero_point),
                         patch);
            for (uint32_t channel = 0; channel < window.out_channels; ++channel) {
                const Record record(op, constants, channel / 2);
                *output++ = record.output(patch, taps, channel % 2 != 0, op.range);
            }
        }
    }
}

}  // namespace ganglion
