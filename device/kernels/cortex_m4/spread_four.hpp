#pragma once

#include <cstdint>

namespace ganglion::cortex_m4 {

/// Work of spread_four(): rows of four neighbouring channels. The assembly knows this layout.
struct SpreadFour {
    const int8_t* from;   ///< first pixel's first channel
    uint32_t step;        ///< bytes from pixel to pixel
    int16_t* to;          ///< first channel's image
    uint32_t apart;       ///< bytes from image to image
    uint32_t apart_by_3;  ///< three times that
    uint32_t pairs;       ///< bytes of a row's even number of columns in an image
    uint32_t next_from;   ///< bytes from behind these to the next row's first pixel
    uint32_t next_to;     ///< the same in an image
    uint32_t is_odd;      ///< not 0: one column more
    uint32_t rows;        ///< at least 1
};

/// Sign-extends four channels to int16, each into an image of its own.
extern "C" void ganglion_spread_four(const SpreadFour& work);

}  // namespace ganglion::cortex_m4
