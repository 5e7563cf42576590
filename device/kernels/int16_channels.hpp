#pragma once

#include <algorithm>

#include "device/kernels/int16_conv_2d.hpp"

namespace ganglion {

/// sum * multiplier / 2^shift, rounded once, ties up; multiplier in [0, 2^15), shift in [8, 46],
/// the product in 64 bits. The reference keeps the lower 32 bits.
constexpr int32_t scale_sum(int64_t sum, int32_t multiplier, int32_t shift) {
    const int64_t half = int64_t{1} << (shift - 1);
    return static_cast<int32_t>((sum * multiplier + half) >> shift);
}

/// A layer's per-channel table, laid out as Int16ChannelTable says.
class Int16Channels {
  public:
    Int16Channels(const Int16ChannelTable& table, uint32_t channels, const uint8_t* constants)
        : low_(reinterpret_cast<const uint32_t*>(constants + table.offset)),
          high_(reinterpret_cast<const int32_t*>(low_ + channels)),
          multiplier_(reinterpret_cast<const int16_t*>(high_ + channels)),
          shift_(reinterpret_cast<const int8_t*>(multiplier_ + channels)) {}

    int64_t bias(uint32_t channel) const {
        return static_cast<int64_t>(uint64_t{static_cast<uint32_t>(high_[channel])} << 32 |
                                    low_[channel]);
    }
    int32_t multiplier(uint32_t channel) const { return multiplier_[channel]; }
    int32_t shift(uint32_t channel) const { return shift_[channel]; }

    /// `sum`: of products without bias.
    int16_t output(int64_t sum, uint32_t channel, const Int16Range& range) const {
        const int32_t value = scale_sum(sum + bias(channel), multiplier_[channel], shift_[channel]);
        return static_cast<int16_t>(std::clamp<int32_t>(value, range.minimum, range.maximum));
    }

  private:
    const uint32_t* low_;
    const int32_t* high_;
    const int16_t* multiplier_;
    const int8_t* shift_;
};

}  // namespace ganglion
