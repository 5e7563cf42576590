#include "device/kernels/paired_fully_connected.hpp"

namespace ganglion {
namespace {

/// Output `lane` of a record's four, without bias.
int32_t sum_of(const int8_t* input, const uint8_t* weights, uint32_t depth, uint32_t lane) {
    const bool second = lane % 2 != 0;
    const uint32_t offset = second ? 0 : 128;
    uint32_t sum = 0;
    for (uint32_t tap = 0; tap < depth; ++tap) {
        const uint8_t byte =
            weights[tap / 2 * 8 + lane / 2 * 4 + paired_weight_byte(tap % 2 != 0, second)];
        const auto weight = static_cast<int8_t>(byte - offset);
        sum += static_cast<uint32_t>(input[tap] * weight);
    }
    return static_cast<int32_t>(sum);
}

}  // namespace

void paired_fully_connected(const PairedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants) {
    const uint32_t bytes = paired_fully_connected_record_bytes(op.depth);
    for (uint32_t out = 0; out < op.out; ++out) {
        const uint8_t* record = constants + op.records + out / 4 * bytes;
        const PairedRow& row = reinterpret_cast<const PairedRow*>(record)[out % 4];
        const int32_t sum =
            sum_of(arena + op.input, record + 4 * sizeof(PairedRow), op.depth, out % 4);
        const int32_t twice = shift_left(add_wrapping(sum, row.bias), 1);
        arena[op.output + out] = clamp_to(
            op.range,
            packed_requantize(twice, {row.multiplier, row.shift_less_1}, op.range.zero_point));
    }
}

}  // namespace ganglion
