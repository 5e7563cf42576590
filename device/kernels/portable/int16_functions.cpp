#include <algorithm>

#include "device/kernels/int16_elements.hpp"
#include "device/kernels/requantize.hpp"
#include "device/kernels/sigmoid.hpp"

namespace ganglion {
namespace {

/// output = function(input) for each element.
template <typename Op, typename Function>
void for_each(const Op& op, int8_t* arena, Function function) {
    const auto* input = reinterpret_cast<const int16_t*>(arena + op.input);
    auto* output = reinterpret_cast<int16_t*>(arena + op.output);
    for (uint32_t i = 0; i < op.count; ++i) output[i] = function(input[i]);
}

int32_t argument_of(const Int16SigmoidOp& op, int16_t value) {
    return sigmoid::argument(value, op.multiplier, op.shift);
}

}  // namespace

void int16_logistic(const Int16SigmoidOp& op, int8_t* arena, const uint8_t*) {
    for_each(op, arena, [&](int16_t value) { return sigmoid::logistic(argument_of(op, value)); });
}

void int16_tanh(const Int16SigmoidOp& op, int8_t* arena, const uint8_t*) {
    for_each(op, arena, [&](int16_t value) { return sigmoid::tanh(argument_of(op, value)); });
}

void int16_leaky_relu(const Int16LeakyReluOp& op, int8_t* arena, const uint8_t*) {
    for_each(op, arena, [&](int16_t value) {
        const int32_t scaled = value >= 0
                                   ? requantize(value, op.multiplier, op.shift)
                                   : requantize(value, op.negative_multiplier, op.negative_shift);
        return static_cast<int16_t>(
            std::clamp<int32_t>(scaled, op.range.minimum, op.range.maximum));
    });
}

}  // namespace ganglion
