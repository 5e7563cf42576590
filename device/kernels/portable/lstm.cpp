#include "device/kernels/lstm.hpp"

#include <algorithm>
#include <cstring>

#include "device/kernels/dot.hpp"
#include "device/kernels/requantize.hpp"
#include "device/kernels/sigmoid.hpp"

namespace ganglion {
namespace {

constexpr int32_t kGateMultiplier = 3;  // Q3.12 is what the table takes

int32_t to_int16(int32_t value) {
    return std::clamp<int32_t>(value, -32768, 32767);
}

int32_t scaled(int32_t value, const LstmOp::Factor& factor) {
    return requantize(value, factor.multiplier, factor.shift);
}

/// One row of a matrix product, scaled to int16.
int32_t product(const int8_t* values, const int8_t* weights, uint32_t count, int32_t bias,
                const LstmOp::Factor& factor) {
    return to_int16(scaled(add_wrapping(dot(values, weights, count), bias), factor));
}

/// What an LSTM sees in one step.
struct Step {
    const LstmOp& op;
    const uint8_t* constants;
    const int8_t* input;
    const int8_t* hidden;

    /// The argument of a gate's activation, times 3.
    int32_t gate(const LstmOp::Gate& gate, uint32_t unit) const {
        const auto weights = [&](uint32_t offset, uint32_t count) {
            return reinterpret_cast<const int8_t*>(constants + offset) + unit * count;
        };
        const auto bias = [&](uint32_t offset) {
            return reinterpret_cast<const int32_t*>(constants + offset)[unit];
        };
        const int32_t from_input = product(input, weights(gate.input_weights, op.inputs), op.inputs,
                                           bias(gate.input_bias), gate.from_input);
        const int32_t from_hidden = product(hidden, weights(gate.recurrent_weights, op.units),
                                            op.units, bias(gate.recurrent_bias), gate.from_hidden);
        return kGateMultiplier * to_int16(from_input + from_hidden);
    }

    int8_t output(int16_t& cell, uint32_t unit) const {
        const int32_t forget = sigmoid::logistic(gate(op.forget_gate, unit));
        const int32_t take = sigmoid::logistic(gate(op.input_gate, unit));
        const int32_t candidate = sigmoid::tanh(gate(op.candidate, unit));
        int32_t next = to_int16(to_int16(scaled(forget * cell, op.keep)) +
                                to_int16(scaled(take * candidate, op.take)));
        if (op.cell_clip > 0) next = std::clamp<int32_t>(next, -op.cell_clip, op.cell_clip);
        cell = static_cast<int16_t>(next);
        const int32_t of_cell =
            sigmoid::tanh(sigmoid::argument(cell, op.cell_multiplier, op.cell_shift));
        const int32_t show = sigmoid::logistic(gate(op.output_gate, unit));
        return to_output(scaled(of_cell * show, op.result), op.range);
    }
};

}  // namespace

void lstm(const LstmOp& op, int8_t* arena, const uint8_t* constants) {
    for (uint32_t batch = 0; batch < op.batches; ++batch) {
        int8_t* hidden = arena + op.hidden + batch * op.units;
        auto* cell = reinterpret_cast<int16_t*>(arena + op.cell) + batch * op.units;
        for (uint32_t n = 0; n < op.steps; ++n) {
            const uint32_t row =
                op.is_time_major != 0 ? n * op.batches + batch : batch * op.steps + n;
            const Step step{op, constants, arena + op.input + row * op.inputs, hidden};
            int8_t* output = arena + op.output + row * op.units;
            for (uint32_t unit = 0; unit < op.units; ++unit)
                output[unit] = step.output(cell[unit], unit);
            std::memcpy(hidden, output, op.units);
        }
    }
}

}  // namespace ganglion
