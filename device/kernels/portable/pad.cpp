#include "device/kernels/pad.hpp"

#include <cstring>

namespace ganglion {

void pad(const PadOp& op, int8_t* arena, const uint8_t*) {
    const size_t in_row = size_t{op.in_width} * op.channels;
    const size_t out_row = size_t{op.out_width} * op.channels;
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    std::memset(output, op.value, op.out_height * out_row);
    output += op.top * out_row + size_t{op.left} * op.channels;
    for (uint32_t y = 0; y < op.in_height; ++y, input += in_row, output += out_row) {
        std::memcpy(output, input, in_row);
    }
}

}  // namespace ganglion
