#pragma once

#include <cstdint>

namespace ganglion::scalar {

/// Bits between the two pixels of a word. Cortex-M3 sums products in 64 bits, the low pixel's in
/// the lower 23; the others have 32 bits, and sum two or four products before they part them.
#if defined(__ARM_ARCH_7M__)
inline constexpr uint32_t kPairBits = 23;
#else
inline constexpr uint32_t kPairBits = 16;
#endif

/// low + high * 2^kPairBits.
inline uint32_t pair_of(int32_t low, int32_t high) {
    return static_cast<uint32_t>(low) + (static_cast<uint32_t>(high) << kPairBits);
}

/// Work of four_pixels(): all output channels of four pixels.
struct FourPixels {
    const uint32_t* words;   ///< two a tap: pair_of() of pixels 0 and 1, of 2 and 3
    uint32_t taps;           ///< a positive multiple of 4
    const uint8_t* records;  ///< of paired_conv_2d
    uint32_t channels;
    int8_t* output;       ///< channel 0 of the first pixel
    uint32_t offsets[3];  ///< of pixels 1 to 3 from the first; equal ones: the lower pixel counts
    int32_t twice_zero_point_plus_1;
};

/// Writes outputs saturated to int8.
void four_pixels(const FourPixels& work);

}  // namespace ganglion::scalar
