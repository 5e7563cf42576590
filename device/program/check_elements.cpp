#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

Status check(const FullyConnectedOp& op, const ProgramLimits& limits) {
    if (op.rows == 0 || op.depth == 0 || op.out == 0 || op.depth > kMostTaps)
        return Status::bad_shape;
    if (!constants_inside(op.weights, uint64_t{op.out} * op.depth, limits))
        return Status::bad_offset;
    if (!constants_inside(op.bias, uint64_t{op.out} * 4, limits)) return Status::bad_offset;
    if (!good_multiplier(op.multiplier, op.shift, 30) || !good_range(op.range))
        return Status::bad_value;
    const std::array<Region, 2> regions{
        {{op.input, uint64_t{op.rows} * op.depth}, {op.output, uint64_t{op.rows} * op.out}}};
    return check_separate(regions, limits);
}

Status check(const AddOp& op, const ProgramLimits& limits) {
    if (op.count == 0) return Status::bad_shape;
    for (const AddOp::Side& side : {op.first, op.second}) {
        if (!Region{side.offset, op.count}.inside(limits)) return Status::bad_offset;
        if (!is_int8(side.zero_point) || !good_multiplier(side.multiplier, side.shift, 0))
            return Status::bad_value;
    }
    if (!Region{op.output, op.count}.inside(limits)) return Status::bad_offset;
    return good_multiplier(op.multiplier, op.shift, 0) && good_range(op.range) ? Status::ok
                                                                               : Status::bad_value;
}

Status check(const SoftmaxOp& op, const ProgramLimits& limits) {
    if (op.rows == 0 || op.depth == 0 || op.depth > kMostSoftmaxDepth) return Status::bad_shape;
    const uint64_t bytes = uint64_t{op.rows} * op.depth;
    if (!Region{op.input, bytes}.inside(limits) || !Region{op.output, bytes}.inside(limits)) {
        return Status::bad_offset;
    }
    const bool good = op.multiplier >= 0 && op.left_shift >= 0 && op.left_shift <= 30 &&
                      op.difference_minimum <= 0 && op.difference_minimum >= -255;
    return good ? Status::ok : Status::bad_value;
}

Status check(const LookupOp& op, const ProgramLimits& limits) {
    if (op.count == 0) return Status::bad_shape;
    const bool inside = Region{op.input, op.count}.inside(limits) &&
                        Region{op.output, op.count}.inside(limits) &&
                        constants_inside(op.table, 256, limits);
    return inside ? Status::ok : Status::bad_offset;
}

}  // namespace ganglion
