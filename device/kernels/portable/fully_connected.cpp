#include "device/kernels/fully_connected.hpp"

#include "device/kernels/requantize.hpp"

namespace ganglion {

void fully_connected(const FullyConnectedOp& op, int8_t* arena, const uint8_t* constants) {
    const int32_t* bias = reinterpret_cast<const int32_t*>(constants + op.bias);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth) {
        const int8_t* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
        for (uint32_t out = 0; out < op.out; ++out, weights += op.depth) {
            int32_t sum = 0;
            for (uint32_t i = 0; i < op.depth; ++i) sum += input[i] * weights[i];
            *output++ = to_output(requantize(add_wrapping(sum, bias[out]), op.multiplier, op.shift),
                                  op.range);
        }
    }
}

}  // namespace ganglion
