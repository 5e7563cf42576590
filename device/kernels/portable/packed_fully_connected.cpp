#include "device/kernels/packed_fully_connected.hpp"

namespace ganglion {
namespace {

/// Sum of output `out`, bias included.
uint32_t sum_of(const PackedFullyConnectedOp& op, const uint8_t* constants, const int8_t* input,
                uint32_t out) {
    const uint8_t* record =
        constants + op.records + out / 4 * packed_fully_connected_record_bytes(op.depth);
    const uint32_t* biases = reinterpret_cast<const uint32_t*>(record) + out % 4 / 2 * 2;
    const uint16_t* weights = reinterpret_cast<const uint16_t*>(record + 16) + out % 4 / 2 * 4;
    const bool odd = out % 2 != 0;
    uint32_t sum = odd ? (biases[1] - biases[0]) >> 8 : biases[0];
    for (uint32_t i = 0; i < round_up_to_4(op.depth); ++i) {
        const uint32_t tap = packed_tap(i);
        if (tap >= op.depth) continue;
        const uint16_t pair = weights[i / 4 * 8 + i % 4];
        sum += static_cast<uint32_t>((odd ? odd_weight(pair) : even_weight(pair)) * input[tap]);
    }
    return odd ? static_cast<uint32_t>(static_cast<int32_t>(sum << 8) >> 8) : sum;
}

}  // namespace

void packed_fully_connected(const PackedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants) {
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth) {
        for (uint32_t out = 0; out < op.out; ++out) {
            const auto sum = static_cast<int32_t>(sum_of(op, constants, input, out));
            *output++ = to_output(requantize(sum, op.multiplier, op.shift), op.range);
        }
    }
}

}  // namespace ganglion
