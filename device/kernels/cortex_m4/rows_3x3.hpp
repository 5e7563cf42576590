#pragma once

#include <cstdint>

namespace ganglion::cortex_m4 {

/// Work of rows_3x3(): one channel of a band. The assembly knows this layout.
struct Rows3x3 {
    uint32_t twice_bias, twice_bias_again;
    int32_t multiplier;
    uint32_t rounding;  ///< (2 * zero point + 1) << shift_less_1
    uint32_t shift_less_1;
    uint32_t channels;     ///< bytes from output to output
    uint32_t width;        ///< bytes of a row's image that full steps of the loop walk over
    uint32_t is_odd;       ///< not 0: one more output after the full steps
    const int16_t* image;  ///< the window's first row
    uint32_t row_bytes;
    uint32_t step_bytes;  ///< from window to window below: row_bytes * stride
    uint32_t rows;        ///< of output
    uint32_t row_end;     ///< the assembly's own
    uint32_t weights[3];  ///< int8 w0 w1 w1 w2
    int8_t* output;
};

/// Stride 1: two outputs a step; stride 2: one. `positive`: no output may lie below the zero point,
/// so ties need no look at the sign.
extern "C" void ganglion_rows_3x3(const Rows3x3& work);
extern "C" void ganglion_rows_3x3_positive(const Rows3x3& work);
extern "C" void ganglion_rows_3x3_by_2(const Rows3x3& work);
extern "C" void ganglion_rows_3x3_by_2_positive(const Rows3x3& work);

}  // namespace ganglion::cortex_m4
