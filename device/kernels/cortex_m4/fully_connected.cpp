#include "device/kernels/fully_connected.hpp"

#include "device/kernels/cortex_m4/dsp.hpp"
#include "device/kernels/requantize.hpp"

// Matrix products that have no packed form: sums that pass 24 bits. Two outputs share the sign
// extension of the input, 13 instructions for 8 products.

namespace ganglion {
namespace {

struct Sums {
    int32_t first = 0, second = 0;
};

/// Products of one input with two rows of weights; both may be the same row.
Sums multiply(const int8_t* input, const int8_t* first, const int8_t* second, uint32_t depth) {
    Sums sums;
    uint32_t left = depth;
    for (; left >= 4; left -= 4, input += 4, first += 4, second += 4) {
        const uint32_t four = dsp::load(input);
        const uint32_t low = dsp::even_bytes(four);
        const uint32_t high = dsp::odd_bytes(four);
        const uint32_t a = dsp::load(first);
        const uint32_t b = dsp::load(second);
        sums.first = dsp::multiply_add(dsp::even_bytes(a), low, sums.first);
        sums.first = dsp::multiply_add(dsp::odd_bytes(a), high, sums.first);
        sums.second = dsp::multiply_add(dsp::even_bytes(b), low, sums.second);
        sums.second = dsp::multiply_add(dsp::odd_bytes(b), high, sums.second);
    }
    for (uint32_t i = 0; i < left; ++i) {
        sums.first += input[i] * first[i];
        sums.second += input[i] * second[i];
    }
    return sums;
}

}  // namespace

void fully_connected(const FullyConnectedOp& op, int8_t* arena, const uint8_t* constants) {
    const auto* bias = reinterpret_cast<const int32_t*>(constants + op.bias);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth) {
        const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
        for (uint32_t out = 0; out < op.out; out += 2, weights += 2 * op.depth) {
            const uint32_t more = out + 1 < op.out ? 1 : 0;
            const Sums sums = multiply(input, weights, weights + more * op.depth, op.depth);
            const auto put = [&](int32_t sum, uint32_t index) {
                const int32_t whole = add_wrapping(sum, bias[index]);
                *output++ = to_output(requantize(whole, op.multiplier, op.shift), op.range);
            };
            put(sums.first, out);
            if (more != 0) put(sums.second, out + 1);
        }
    }
}

}  // namespace ganglion
