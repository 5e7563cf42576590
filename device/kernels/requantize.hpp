#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "device/kernels/op.hpp"

namespace ganglion {

/// a * b * 2^-31, rounded to nearest, ties up. Equals the TFLite reference's
/// SaturatingRoundingDoublingHighMul for all operands but (INT32_MIN, INT32_MIN).
constexpr int32_t doubling_high_multiply(int32_t a, int32_t b) {
    return static_cast<int32_t>((static_cast<int64_t>(a) * b + (int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent, rounded to nearest, ties away from zero; exponent in [0, 31].
constexpr int32_t rounding_shift_right(int32_t x, int32_t exponent) {
    const int32_t mask = static_cast<int32_t>((uint32_t{1} << exponent) - 1);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/// x * 2^exponent modulo 2^32; exponent in [0, 31].
constexpr int32_t shift_left(int32_t x, int32_t exponent) {
    return static_cast<int32_t>(static_cast<uint32_t>(x) << exponent);
}

/// a + b modulo 2^32: what every target's adder does, without undefined behaviour.
constexpr int32_t add_wrapping(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

/// a - b modulo 2^32.
constexpr int32_t subtract_wrapping(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

/// value * multiplier * 2^(shift - 31) with the TFLite reference's double rounding: once at the
/// high multiply, once at the right shift. shift in [-31, 30].
constexpr int32_t requantize(int32_t value, int32_t multiplier, int32_t shift) {
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return rounding_shift_right(doubling_high_multiply(shift_left(value, left), multiplier), right);
}

/// Adds the output zero point and clamps to the activation's range.
constexpr int8_t to_output(int32_t value, const OutputRange& range) {
    value = add_wrapping(value, range.zero_point);
    return static_cast<int8_t>(std::clamp(value, static_cast<int32_t>(range.minimum),
                                          static_cast<int32_t>(range.maximum)));
}

/// A layer's per-channel table, laid out as ChannelTable says.
class ChannelScales {
  public:
    ChannelScales(const ChannelTable& table, uint32_t channels, const uint8_t* constants)
        : bias_(reinterpret_cast<const int32_t*>(constants + table.offset)),
          multiplier_(bias_ + channels),
          shift_(reinterpret_cast<const int8_t*>(multiplier_ + channels)) {}

    int32_t bias(uint32_t channel) const { return bias_[channel]; }

    /// `accumulator`: sum of products without bias.
    int8_t output(int32_t accumulator, uint32_t channel, const OutputRange& range) const {
        const int32_t value = add_wrapping(accumulator, bias_[channel]);
        return to_output(requantize(value, multiplier_[channel], shift_[channel]), range);
    }

  private:
    const int32_t* bias_;
    const int32_t* multiplier_;
    const int8_t* shift_;
};

}  // namespace ganglion
