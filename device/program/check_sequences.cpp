#include "device/program/checks.hpp"

// Layers with a state of their own.

namespace ganglion {

using namespace checks;

namespace {

bool good_factor(const LstmOp::Factor& factor) {
    return good_multiplier(factor.multiplier, factor.shift, 30);
}

Status check_gate(const LstmOp::Gate& gate, const LstmOp& op, const ProgramLimits& limits) {
    const uint64_t biases = uint64_t{op.units} * 4;
    if (!constants_inside(gate.input_weights, uint64_t{op.units} * op.inputs, limits) ||
        !constants_inside(gate.recurrent_weights, uint64_t{op.units} * op.units, limits) ||
        !constants_inside(gate.input_bias, biases, limits) ||
        !constants_inside(gate.recurrent_bias, biases, limits)) {
        return Status::bad_offset;
    }
    return good_factor(gate.from_input) && good_factor(gate.from_hidden) ? Status::ok
                                                                         : Status::bad_value;
}

}  // namespace

Status check(const LstmOp& op, const ProgramLimits& limits) {
    const uint64_t rows = product(std::array{op.batches, op.steps}, limits.arena_bytes);
    if (rows == 0 || op.inputs == 0 || op.units == 0 || op.inputs > kMostTaps ||
        op.units > kMostTaps) {
        return Status::bad_shape;
    }
    for (const LstmOp::Gate* gate :
         {&op.forget_gate, &op.input_gate, &op.candidate, &op.output_gate}) {
        if (Status status = check_gate(*gate, op, limits); status != Status::ok) return status;
    }
    if (!good_factor(op.keep) || !good_factor(op.take) || !good_factor(op.result) ||
        !good_argument(op.cell_multiplier, op.cell_shift) || !good_range(op.range) ||
        op.cell_clip < 0 || op.is_time_major > 1) {
        return Status::bad_value;
    }
    if (op.cell % 2 != 0) return Status::bad_offset;
    const uint64_t states = uint64_t{op.batches} * op.units;
    return check_separate(std::array<Region, 4>{{{op.input, rows * op.inputs},
                                                 {op.output, rows * op.units},
                                                 {op.hidden, states},
                                                 {op.cell, 2 * states}}},
                          limits);
}

Status check(const SvdfOp& op, const ProgramLimits& limits) {
    if (op.state_bytes != 1 && op.state_bytes != 2) return Status::bad_value;
    const uint64_t state =
        product(std::array{op.batches, op.filters, op.memory}, limits.arena_bytes);
    if (state == 0 || op.inputs == 0 || op.inputs > kMostTaps || op.rank == 0 ||
        op.filters % op.rank != 0) {
        return Status::bad_shape;
    }
    const uint32_t units = op.filters / op.rank;
    if (!constants_inside(op.features, uint64_t{op.filters} * op.inputs, limits) ||
        !constants_inside(op.feature_bias, uint64_t{op.filters} * 4, limits) ||
        !constants_inside(op.time, uint64_t{op.filters} * op.memory * op.state_bytes, limits) ||
        !constants_inside(op.bias, uint64_t{units} * 4, limits) || op.state % op.state_bytes != 0) {
        return Status::bad_offset;
    }
    if (!good_multiplier(op.feature_multiplier, op.feature_shift, 30) ||
        !good_multiplier(op.multiplier, op.shift, 30) || !good_range(op.range) ||
        (op.state_bytes == 1 && !is_int8(op.state_zero_point))) {
        return Status::bad_value;
    }
    return check_separate(std::array<Region, 3>{{{op.input, uint64_t{op.batches} * op.inputs},
                                                 {op.output, uint64_t{op.batches} * units},
                                                 {op.state, state * op.state_bytes}}},
                          limits);
}

}  // namespace ganglion
