#pragma once

#include <cstdint>

namespace ganglion::cortex_m4 {

/// Work of rows_any(): one channel of a band, any kernel.
struct RowsAny {
    const int16_t* image;  ///< the window's first row
    uint32_t columns;      ///< halves from row to row
    uint32_t step;         ///< halves from window to window below
    uint32_t stride;       ///< halves from window to window on the right
    uint32_t kernel_height;
    uint32_t words;  ///< of weights in a kernel row
    const uint32_t* weights;
    uint32_t twice_bias;
    int32_t multiplier;
    uint32_t rounding;  ///< (2 * zero point + 1) << shift_less_1
    uint32_t shift_less_1;
    uint32_t rows, width;  ///< of output
    int8_t* output;
    uint32_t channels;  ///< bytes from output to output
};

void rows_any(const RowsAny& work);

}  // namespace ganglion::cortex_m4
