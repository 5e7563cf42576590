#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

Status check(const ReduceOp& op, const ProgramLimits& limits) {
    const uint64_t summands = product(std::array{op.first, op.second}, kMostSummands);
    const uint64_t outputs = product(std::array{op.outer, op.middle, op.inner}, limits.arena_bytes);
    if (summands == 0 || outputs == 0) return Status::bad_shape;
    if (op.multiplier < 0 || op.shift < -31 || op.shift > 30 || !good_range(op.range) ||
        !is_int8(op.input_zero_point)) {
        return Status::bad_value;
    }
    return check_separate(
        std::array<Region, 2>{{{op.input, outputs * summands}, {op.output, outputs}}}, limits);
}

Status check(const ArgMaxOp& op, const ProgramLimits& limits) {
    const uint64_t inputs = product(std::array{op.outer, op.depth, op.inner}, limits.arena_bytes);
    if (inputs == 0) return Status::bad_shape;
    if (op.output % 4 != 0) return Status::bad_offset;
    const uint64_t outputs = inputs / op.depth;
    return check_separate(std::array<Region, 2>{{{op.input, inputs}, {op.output, 4 * outputs}}},
                          limits);
}

Status check(const RescaleOp& op, const ProgramLimits& limits) {
    if (op.count == 0) return Status::bad_shape;
    const auto good_bytes = [](uint8_t bytes) { return bytes == 1 || bytes == 2; };
    const auto good_zero = [](int16_t zero, uint8_t bytes) { return bytes == 2 || is_int8(zero); };
    if (!good_bytes(op.input_bytes) || !good_bytes(op.output_bytes) ||
        !good_zero(op.input_zero_point, op.input_bytes) ||
        !good_zero(op.output_zero_point, op.output_bytes) ||
        !good_multiplier(op.multiplier, op.shift, 14)) {
        return Status::bad_value;
    }
    if (op.input % op.input_bytes != 0 || op.output % op.output_bytes != 0)
        return Status::bad_offset;
    return check_separate(
        std::array<Region, 2>{{{op.input, uint64_t{op.count} * op.input_bytes},
                               {op.output, uint64_t{op.count} * op.output_bytes}}},
        limits);
}

}  // namespace ganglion
