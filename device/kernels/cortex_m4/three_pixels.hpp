#pragma once

#include <cstdint>

namespace ganglion::cortex_m4 {

/// Work of three_pixels(): all pairs of output channels for three pixels.
struct ThreePixels {
    const uint32_t* taps;    ///< per two taps a word of each pixel: int16 pairs
    uint32_t enter;          ///< address in the unrolled loop, from enter_loop()
    uint32_t turns;          ///< of the unrolled loop, the first one entered late
    const uint8_t* records;  ///< of packed_conv_2d
    const uint8_t* end;      ///< of the records
    int8_t* output;          ///< channel 0 of the first pixel
    uint32_t channels;       ///< bytes from pixel to pixel
    uint32_t twice_zero_point_plus_1;
};

/// Runs the full pairs of channels. `is_positive`: no output may lie below the zero point, so ties
/// need no look at the sign.
extern "C" void ganglion_three_pixels(const ThreePixels& work);
extern "C" void ganglion_three_pixels_positive(const ThreePixels& work);

/// Sets `enter` and `turns` for `groups` groups of four taps.
void enter_loop(ThreePixels& work, uint32_t groups, bool is_positive);

}  // namespace ganglion::cortex_m4
