#include "device/kernels/batch_matmul.hpp"

#include "device/kernels/requantize.hpp"

namespace ganglion {

void batch_matmul(const BatchMatmulOp& op, int8_t* arena, const uint8_t* /*constants*/) {
    int8_t* output = arena + op.output;
    const auto line_of = [&](const BatchMatmulOp::Side& side, uint32_t b0, uint32_t b1,
                             uint32_t line) {
        return arena + side.offset + b0 * side.batch_strides[0] + b1 * side.batch_strides[1] +
               line * side.line_stride;
    };
    for (uint32_t b0 = 0; b0 < op.batches[0]; ++b0) {
        for (uint32_t b1 = 0; b1 < op.batches[1]; ++b1) {
            for (uint32_t row = 0; row < op.rows; ++row) {
                for (uint32_t column = 0; column < op.columns; ++column) {
                    const int8_t* a = line_of(op.first, b0, b1, row);
                    const int8_t* b = line_of(op.second, b0, b1, column);
                    int32_t sum = 0;
                    for (uint32_t n = 0; n < op.depth; ++n) {
                        sum += (*a - op.first.zero_point) * (*b - op.second.zero_point);
                        a += op.first.depth_stride;
                        b += op.second.depth_stride;
                    }
                    *output++ = to_output(requantize(sum, op.multiplier, op.shift), op.range);
                }
            }
        }
    }
}

}  // namespace ganglion
