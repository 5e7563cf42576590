#include "device/kernels/svdf.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "device/kernels/dot.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion {
namespace {

/// The filter's product with the input, as the newest element of its memory.
template <typename Element>
void remember(const SvdfOp& op, const int8_t* input, const int8_t* weights, int32_t bias,
              Element* memory) {
    const int32_t sum = add_wrapping(dot(input, weights, op.inputs), bias);
    const int32_t scaled = requantize(sum, op.feature_multiplier, op.feature_shift);
    const int32_t newest = std::clamp<int32_t>(scaled, std::numeric_limits<Element>::min(),
                                               std::numeric_limits<Element>::max());
    std::memmove(memory, memory + 1, (op.memory - 1) * sizeof(Element));
    memory[op.memory - 1] = static_cast<Element>(newest + op.state_zero_point);
}

template <typename Element>
void run(const SvdfOp& op, int8_t* arena, const uint8_t* constants) {
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    auto* memory = reinterpret_cast<Element*>(arena + op.state);
    const auto* feature_bias = reinterpret_cast<const int32_t*>(constants + op.feature_bias);
    const auto* bias = reinterpret_cast<const int32_t*>(constants + op.bias);
    const uint32_t units = op.filters / op.rank;
    for (uint32_t batch = 0; batch < op.batches; ++batch, input += op.inputs) {
        const auto* features = reinterpret_cast<const int8_t*>(constants + op.features);
        const auto* time = reinterpret_cast<const Element*>(constants + op.time);
        for (uint32_t unit = 0; unit < units; ++unit) {
            int32_t sum = bias[unit];
            for (uint32_t n = 0; n < op.rank; ++n, features += op.inputs) {
                remember(op, input, features, feature_bias[unit * op.rank + n], memory);
                for (uint32_t i = 0; i < op.memory; ++i)
                    sum = add_wrapping(sum, *memory++ * *time++);
            }
            *output++ = to_output(requantize(sum, op.multiplier, op.shift), op.range);
        }
    }
}

}  // namespace

void svdf(const SvdfOp& op, int8_t* arena, const uint8_t* constants) {
    op.state_bytes == 1 ? run<int8_t>(op, arena, constants) : run<int16_t>(op, arena, constants);
}

}  // namespace ganglion
