#pragma once

#include <cstdint>

namespace ganglion::cortex_m55 {

/// One channel of a 3 x 3 depthwise convolution over an image with its borders: lanes are
/// neighbours along one axis, lines follow each other across it. The assembly knows this layout and
/// writes into it.
struct Lines3x3 {
    int32_t weights[9];  ///< [across][along]
    const int8_t* image;
    int8_t* output;
    uint32_t lines;       ///< of outputs, at least 1
    uint32_t image_step;  ///< bytes from line to line; stride 2: less 2
    int32_t multiplier;
    int32_t shift;  ///< at most -1
    int32_t zero_point;
    uint32_t output_step;  ///< bytes from line to line
    int32_t bias;
    int32_t minimum, maximum;
    uint32_t lane_step;  ///< bytes of the output from lane to lane
    uint32_t lanes;      ///< outputs of a line, at least 1
    uint32_t channel;    ///< not known to the assembly
};

/// `positive`: no output may lie below the zero point, so ties need no look at the sign.
extern "C" void ganglion_lines_3x3(Lines3x3& work);
extern "C" void ganglion_lines_3x3_positive(Lines3x3& work);
extern "C" void ganglion_lines_3x3_by_2(Lines3x3& work);
extern "C" void ganglion_lines_3x3_by_2_positive(Lines3x3& work);

}  // namespace ganglion::cortex_m55
