#include "device/kernels/pad.hpp"

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {

void pad(const PadOp& op, int8_t* arena, const uint8_t*) {
    const uint32_t in_row = uint32_t{op.in_width} * op.channels;
    const uint32_t out_row = uint32_t{op.out_width} * op.channels;
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    cortex_m55::fill_bytes(output, static_cast<int8_t>(op.value), op.out_height * out_row);
    output += op.top * out_row + uint32_t{op.left} * op.channels;
    for (uint32_t y = 0; y < op.in_height; ++y, input += in_row, output += out_row)
        cortex_m55::copy_bytes(output, input, in_row);
}

}  // namespace ganglion
