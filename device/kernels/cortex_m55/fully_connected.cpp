#include "device/kernels/fully_connected.hpp"

#include <algorithm>

#include "device/kernels/cortex_m55/dot_four.hpp"

namespace ganglion {

// Four outputs at a time; the last four begin early where their number does not divide.
void fully_connected(const FullyConnectedOp& op, int8_t* arena, const uint8_t* constants) {
    const auto* weights = reinterpret_cast<const int8_t*>(constants + op.weights);
    const auto* biases = reinterpret_cast<const int32_t*>(constants + op.bias);
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    const cortex_m55::ToOutput to_output(op.range);
    const uint32_t last = op.out < cortex_m55::kLanes ? 0 : op.out - cortex_m55::kLanes;
    const mve_pred16_t lanes = vctp32q(op.out);
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth, output += op.out) {
        for (uint32_t next = 0; next < op.out; next += cortex_m55::kLanes) {
            const uint32_t first = std::min(next, last);
            const int8_t* of_four[4];
            int32_t begin[4];
            for (uint32_t i = 0; i < 4; ++i) {
                const uint32_t out = std::min(first + i, op.out - 1);
                of_four[i] = weights + out * op.depth;
                begin[i] = biases[out];
            }
            const int32x4_t sums = cortex_m55::dot_four(input, of_four, op.depth, begin);
            const int32x4_t values =
                to_output(cortex_m55::requantize(sums, op.multiplier, op.shift));
            vstrbq_p_s32(output + first, values, lanes);
        }
    }
}

}  // namespace ganglion
