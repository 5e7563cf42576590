#include "device/kernels/batch_matmul.hpp"

#include "device/kernels/int16_channels.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

/// output = value(line of the first, line of the second) for each in order; lines as distances from
/// their sides' offsets.
template <typename Op, typename Element, typename Value>
void for_outputs(const Op& op, Element* output, Value value) {
    for (uint32_t b0 = 0; b0 < op.batches[0]; ++b0) {
        for (uint32_t b1 = 0; b1 < op.batches[1]; ++b1) {
            for (uint32_t row = 0; row < op.rows; ++row) {
                for (uint32_t column = 0; column < op.columns; ++column)
                    *output++ = value(op.first.line(b0, b1, row), op.second.line(b0, b1, column));
            }
        }
    }
}

}  // namespace

void batch_matmul(const BatchMatmulOp& op, int8_t* arena, const uint8_t* /*constants*/) {
    for_outputs(op, arena + op.output, [&](uint32_t first, uint32_t second) {
        const int8_t* a = arena + op.first.offset + first;
        const int8_t* b = arena + op.second.offset + second;
        int32_t sum = 0;
        for (uint32_t n = 0; n < op.depth; ++n) {
            sum += (*a - op.first.zero_point) * (*b - op.second.zero_point);
            a += op.first.depth_stride;
            b += op.second.depth_stride;
        }
        return to_output(requantize(sum, op.multiplier, op.shift), op.range);
    });
}

void int16_batch_matmul(const Int16BatchMatmulOp& op, int8_t* arena, const uint8_t*) {
    const auto* firsts = reinterpret_cast<const int16_t*>(arena + op.first.offset);
    const auto* seconds = reinterpret_cast<const int16_t*>(arena + op.second.offset);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    for_outputs(op, output, [&](uint32_t first, uint32_t second) {
        const int16_t* a = firsts + first;
        const int16_t* b = seconds + second;
        int64_t sum = 0;
        for (uint32_t n = 0; n < op.depth; ++n) {
            sum += *a * *b;
            a += op.first.depth_stride;
            b += op.second.depth_stride;
        }
        return static_cast<int16_t>(
            std::clamp<int32_t>(scale_sum(sum, op.multiplier, op.shift), -32768, 32767));
    });
}

}  // namespace ganglion
