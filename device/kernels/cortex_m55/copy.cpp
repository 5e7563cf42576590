#include "device/kernels/copy.hpp"

#include <cstring>

#include "device/kernels/cortex_m55/vectors.hpp"

namespace ganglion {

void copy(const CopyOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* input = arena + op.input + op.input_begin;
    int8_t* output = arena + op.output + op.output_begin;
    if (output > input && output < input + op.bytes) {
        std::memmove(output, input, op.bytes);  // backwards; several rows do not overlap
        return;
    }
    for (uint32_t row = op.rows; row > 0; --row) {
        cortex_m55::copy_bytes(output, input, op.bytes);
        input += op.input_stride;
        output += op.output_stride;
    }
}

}  // namespace ganglion
