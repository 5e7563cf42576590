#include "device/kernels/int16_softmax.hpp"

#include <algorithm>
#include <bit>

#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

/// A function of all int16 values, 128 of them between two entries.
int16_t interpolated(const int16_t* table, int32_t value) {
    const int16_t* entry = table + (256 + (value >> 7));
    const int32_t slope = entry[1] - entry[0];
    return static_cast<int16_t>(entry[0] + ((slope * (value & 0x7F) + 64) >> 7));
}

int32_t to_int16(int32_t value) {
    return std::clamp<int32_t>(value, -32768, 32767);
}

void softmax_row(const Int16SoftmaxOp& op, const int16_t* tables, const int16_t* input,
                 int16_t* output) {
    const int16_t* const exponentials = tables;
    const int16_t* const reciprocals = tables + kSoftmaxTable;
    const int32_t largest = *std::max_element(input, input + op.depth);
    uint32_t sum = 0;  // Q16.15
    for (uint32_t i = 0; i < op.depth; ++i) {
        const int32_t scaled = requantize(input[i] - largest, op.multiplier, op.shift);
        output[i] = interpolated(exponentials, to_int16(scaled + 32767));
        sum += static_cast<uint32_t>(output[i]);
    }
    // sum = (1 + fraction) * 2^k; the table is centred around the fraction 1/2.
    const int leading_zeros = std::countl_zero(sum);
    const auto mantissa =
        static_cast<int32_t>(((uint64_t{sum} << (leading_zeros - 1)) + (1U << 13)) >> 14);
    const int32_t centre = (1 << 15) + (1 << 16);
    const int32_t reciprocal = interpolated(reciprocals, to_int16(mantissa - centre));
    const int shift = std::max(31 - leading_zeros, 1);  // the largest value alone gives 14
    for (uint32_t i = 0; i < op.depth; ++i) {
        const int64_t product = int64_t{output[i]} * reciprocal + (int64_t{1} << (shift - 1));
        output[i] = static_cast<int16_t>(std::clamp<int64_t>(product >> shift, 0, 32767));
    }
}

}  // namespace

void int16_softmax(const Int16SoftmaxOp& op, int8_t* arena, const uint8_t* constants) {
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    const auto* tables = reinterpret_cast<const int16_t*>(constants + op.tables);
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth, output += op.depth)
        softmax_row(op, tables, input, output);
}

}  // namespace ganglion
