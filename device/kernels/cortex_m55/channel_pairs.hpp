#pragma once

#include <cstdint>

namespace ganglion::cortex_m55 {

/// All channels of packed_conv_2d for some pixels. The assembly knows this layout and moves
/// `output`.
struct ChannelPairs {
    const int8_t* values;    ///< int8 in the order of packed_tap(); see the functions
    uint32_t half_turns;     ///< turns rounded up to pairs, plus 1 where one of these is not there
    int32_t rest;            ///< taps after those: 0, 4, 8; -8: the last turn has 12 and four zeros
    const uint8_t* records;  ///< of packed_conv_2d
    const uint8_t* whole;    ///< end of those with two channels
    const uint8_t* end;
    int8_t* output;  ///< channel 0 of the first pixel
    uint32_t pixels;
    uint32_t channels;  ///< bytes from pixel to pixel
    int32_t zero_point, minimum, maximum;
    uint32_t turns;  ///< 16 taps each
};

/// Four pixels, or 1 to 4. Values: for each 16 taps 16 of each pixel after another; of the last
/// 4 or 8 taps those of each, 8 bytes apart. `positive`: no output may lie below
/// the zero point, so ties need no look at the sign.
extern "C" void ganglion_four_pixels(ChannelPairs& work);
extern "C" void ganglion_four_pixels_positive(ChannelPairs& work);
extern "C" void ganglion_few_pixels(ChannelPairs& work);

/// One pixel. Values: one patch.
extern "C" void ganglion_one_pixel(ChannelPairs& work);

}  // namespace ganglion::cortex_m55
