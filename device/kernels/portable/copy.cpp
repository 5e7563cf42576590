#include "device/kernels/copy.hpp"

#include <cstring>

namespace ganglion {

void copy(const CopyOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* from = arena + op.input + op.input_begin;
    int8_t* to = arena + op.output + op.output_begin;
    for (uint32_t row = 0; row < op.rows; ++row) {
        std::memmove(to + row * op.output_stride, from + row * op.input_stride, op.bytes);
    }
}

}  // namespace ganglion
