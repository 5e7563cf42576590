#pragma once

#include <cstdint>

#include "device/kernels/scalar/four_pixels.hpp"

namespace ganglion::scalar {

#if defined(__ARM_ARCH_7M__)
/// Sums of products of a weight and both pixels of a word, up to 255 of them at once in 64 bits.
class PairSums {
  public:
    void add(int32_t weight, uint32_t pair) {
        sums_ += static_cast<int64_t>(weight) * static_cast<int32_t>(pair);
    }
    /// Parts the pixels' sums and begins anew.
    void part() {
        const int32_t low = static_cast<int32_t>(static_cast<uint32_t>(sums_) << 9) >> 9;
        low_ += low;
        high_ += static_cast<int32_t>((sums_ - low) >> kPairBits);
        sums_ = 0;
    }
    /// After part().
    int32_t low() const { return low_; }
    int32_t high() const { return high_; }

  private:
    int64_t sums_ = 0;
    int32_t low_ = 0, high_ = 0;
};
#else
/// Sums of products of a weight and both pixels of a word, as long as the products since the last
/// part() fit 16 bits.
class PairSums {
  public:
    void add(int32_t weight, uint32_t pair) { sums_ += static_cast<uint32_t>(weight) * pair; }
    void part() {
        both_ += sums_;
        high_ += static_cast<int32_t>(sums_ + 0x8000U) >> 16;
        sums_ = 0;
    }
    int32_t low() const {
        return static_cast<int32_t>(both_ - (static_cast<uint32_t>(high_) << 16));
    }
    int32_t high() const { return high_; }

  private:
    uint32_t sums_ = 0, both_ = 0;
    int32_t high_ = 0;
};
#endif

/// Products that a PairSums holds before it must be parted, whatever their factors.
#if defined(__ARM_ARCH_7M__)
inline constexpr uint32_t kPairSumsHold = 255;
#else
inline constexpr uint32_t kPairSumsHold = 1;
#endif

}  // namespace ganglion::scalar
