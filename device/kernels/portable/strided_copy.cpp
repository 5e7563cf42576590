#include "device/kernels/strided_copy.hpp"

#include <cstring>

namespace ganglion {
namespace {

/// The innermost dimension, its elements' size known to the compiler where it is common.
template <typename Element>
void copy_elements(const StridedCopyOp& op, const int8_t* from, int8_t* to) {
    for (uint32_t i = 0; i < op.counts[3]; ++i) {
        std::memcpy(to, from, sizeof(Element));
        from += op.input_strides[3];
        to += op.output_strides[3];
    }
}

void copy_runs(const StridedCopyOp& op, const int8_t* from, int8_t* to) {
    for (uint32_t i = 0; i < op.counts[3]; ++i) {
        std::memcpy(to, from, op.bytes);
        from += op.input_strides[3];
        to += op.output_strides[3];
    }
}

}  // namespace

void strided_copy(const StridedCopyOp& op, int8_t* arena, const uint8_t* /*constants*/) {
    const auto copy_last = op.bytes == 1   ? copy_elements<uint8_t>
                           : op.bytes == 2 ? copy_elements<uint16_t>
                           : op.bytes == 4 ? copy_elements<uint32_t>
                                           : copy_runs;
    const int8_t* input = arena + op.input + op.input_begin;
    int8_t* output = arena + op.output + op.output_begin;
    for (uint32_t i = 0; i < op.counts[0]; ++i) {
        for (uint32_t j = 0; j < op.counts[1]; ++j) {
            for (uint32_t k = 0; k < op.counts[2]; ++k) {
                copy_last(op,
                          input + i * op.input_strides[0] + j * op.input_strides[1] +
                              k * op.input_strides[2],
                          output + i * op.output_strides[0] + j * op.output_strides[1] +
                              k * op.output_strides[2]);
            }
        }
    }
}

}  // namespace ganglion
