#pragma once

#include <cstdint>

namespace ganglion::scalar {

/// Work of depthwise_rows(): two output rows of one channel.
struct DepthwiseRows {
    const uint32_t* words;  ///< pair_of() the rows' inputs, borders included
    int32_t columns;        ///< words of a row
    const uint8_t* record;  ///< of packed_depthwise_conv_2d
    int8_t* output;         ///< the first row's
    int32_t second;         ///< bytes to the second row; 0: there is none
    int32_t width, stride, channels;
    int32_t kernel_height, kernel_width;
    int32_t twice_zero_point_plus_1;
    bool is_3x3;  ///< packed_depthwise_is_3x3()
};

/// Writes outputs saturated to int8.
void depthwise_rows(const DepthwiseRows& work);

}  // namespace ganglion::scalar
