#pragma once

#include <algorithm>
#include <cstdint>

#include "device/kernels/requantize.hpp"

namespace ganglion::scalar {

/// packed_requantize() of one channel.
class Scale {
  public:
    Scale(int32_t multiplier, uint32_t shift_less_1, int32_t twice_zero_point_plus_1)
        : multiplier_(multiplier),
          shift_less_1_(shift_less_1),
          rounding_(shift_left(twice_zero_point_plus_1, static_cast<int32_t>(shift_less_1))) {}

    /// `sum`: bias included, below 2^29. Saturated to int8.
    int8_t output(int32_t sum) const {
        return static_cast<int8_t>(saturated(scaled(sum) >> shift_less_1_));
    }

  private:
#if defined(__ARM_ARCH_7M__)
    /// A 64-bit multiply-add, whose upper word begins with what is to be added to the product's.
    int32_t scaled(int32_t sum) const {
        const int32_t twice = shift_left(sum, 1);
        const auto addend = static_cast<uint64_t>(add_wrapping(rounding_, twice >> 31)) << 32;
        const auto product = static_cast<uint64_t>(static_cast<int64_t>(twice) * multiplier_);
        return static_cast<int32_t>((product + (addend | uint64_t{1} << 31)) >> 32);
    }
    static int32_t saturated(int32_t value) {
        asm("ssat %0, #8, %0, asr #1" : "+r"(value));
        return value;
    }
#else
#if defined(__ARM_ARCH_6M__)
    /// No 64-bit products: 16 by 16 bits, the sum's lower half signed.
    int32_t high_of(int32_t sum) const {
        const int32_t low = static_cast<int16_t>(sum);
        const int32_t high = (sum - low) >> 16;
        const int32_t upper = multiplier_ >> 16;
        const auto lower = static_cast<int32_t>(multiplier_ & 0xffff);
        const int32_t middle = high * lower + low * upper + (low * lower >> 16);
        return 2 * high * upper + ((middle + (1 << 14)) >> 15);
    }
#else
    int32_t high_of(int32_t sum) const {
        return doubling_high_multiply(sum, multiplier_);
    }
#endif
    int32_t scaled(int32_t sum) const {
        return add_wrapping(add_wrapping(high_of(sum), rounding_), sum >> 31);
    }
    static int32_t saturated(int32_t value) {
        return std::clamp<int32_t>(value >> 1, -128, 127);
    }
#endif

    int32_t multiplier_;
    uint32_t shift_less_1_;
    int32_t rounding_;
};

}  // namespace ganglion::scalar
