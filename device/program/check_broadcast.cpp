#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

namespace {

bool good_side(const BroadcastOp& op, const BroadcastOp::Side& side) {
    // A product has no common scale to be brought to: its sides' multipliers are 0. Only prelu
    // takes its first side to the output's scale, which may be smaller.
    const int32_t most_shift = op.header.kind == OpKind::prelu ? 30 : 0;
    return is_int8(side.zero_point) && side.repeats < 16 && side.is_constant <= 1 &&
           good_multiplier(side.multiplier, side.shift, most_shift);
}

bool side_inside(const BroadcastOp& op, const BroadcastOp::Side& side,
                 const ProgramLimits& limits) {
    const uint64_t elements = broadcast_elements(op, side);
    return side.is_constant != 0 ? constants_inside(side.offset, elements, limits)
                                 : Region{side.offset, elements}.inside(limits);
}

}  // namespace

Status check(const BroadcastOp& op, const ProgramLimits& limits) {
    uint64_t elements = 1;
    for (uint32_t count : op.counts) {
        if (count == 0 || count > limits.arena_bytes) return Status::bad_shape;
        elements *= count;
        if (elements > limits.arena_bytes) return Status::bad_shape;
    }
    if (!good_side(op, op.first) || !good_side(op, op.second) || !good_range(op.range) ||
        !good_multiplier(op.multiplier, op.shift, 30)) {
        return Status::bad_value;
    }
    const bool inside = side_inside(op, op.first, limits) && side_inside(op, op.second, limits) &&
                        Region{op.output, elements}.inside(limits);
    return inside ? Status::ok : Status::bad_offset;
}

}  // namespace ganglion
