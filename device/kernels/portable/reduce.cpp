#include "device/kernels/reduce.hpp"

#include "device/kernels/requantize.hpp"

namespace ganglion {

namespace {

/// Each output's inputs: visit(where the output's first input is) -> value.
template <typename Visit>
void for_outputs(const ReduceOp& op, int8_t* arena, Visit visit) {
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    const uint32_t of_middle = op.second * op.inner;
    for (uint32_t a = 0; a < op.outer; ++a) {
        for (uint32_t b = 0; b < op.middle; ++b) {
            const int8_t* from = input + (a * op.first * op.middle + b) * of_middle;
            for (uint32_t c = 0; c < op.inner; ++c) *output++ = visit(from + c);
        }
    }
}

/// Calls take(value) for every input of the output that begins at `from`.
template <typename Take>
void for_inputs(const ReduceOp& op, const int8_t* from, Take take) {
    const uint32_t of_first = op.middle * op.second * op.inner;
    for (uint32_t i = 0; i < op.first; ++i) {
        for (uint32_t k = 0; k < op.second; ++k) take(from[i * of_first + k * op.inner]);
    }
}

}  // namespace

void reduce_sum(const ReduceOp& op, int8_t* arena, const uint8_t*) {
    const auto zeros = static_cast<int32_t>(op.first * op.second) * op.input_zero_point;
    for_outputs(op, arena, [&](const int8_t* from) {
        int32_t sum = -zeros;
        for_inputs(op, from, [&](int8_t value) { sum += value; });
        return to_output(requantize(sum, op.multiplier, op.shift), op.range);
    });
}

void reduce_maximum(const ReduceOp& op, int8_t* arena, const uint8_t*) {
    for_outputs(op, arena, [&](const int8_t* from) {
        int8_t most = *from;
        for_inputs(op, from, [&](int8_t value) { most = value > most ? value : most; });
        return most;
    });
}

void reduce_minimum(const ReduceOp& op, int8_t* arena, const uint8_t*) {
    for_outputs(op, arena, [&](const int8_t* from) {
        int8_t least = *from;
        for_inputs(op, from, [&](int8_t value) { least = value < least ? value : least; });
        return least;
    });
}

}  // namespace ganglion
