#pragma once

#include <cstdint>

namespace ganglion::scalar {

/// Work of one_pixel(): all output channels of one pixel, whose taps lie one after another, up to a
/// multiple of 4.
struct OnePixel {
    const int8_t* values;
    uint32_t taps;
    const uint8_t* records;
    uint32_t channels;
    int8_t* output;
    int32_t twice_zero_point_plus_1;
};

/// Writes outputs saturated to int8.
void one_pixel(const OnePixel& work);

}  // namespace ganglion::scalar
