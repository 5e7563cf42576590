#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

namespace {

Status check_records(const PairedConv2dOp& op, const ProgramLimits& limits) {
    const uint32_t bytes = paired_conv_2d_record_bytes(op.window);
    const uint32_t count = op.window.out_channels;
    if (!constants_inside(op.records, uint64_t{bytes} * count, limits)) return Status::bad_offset;
    for (uint32_t i = 0; i < count; ++i) {
        const auto& channel =
            *reinterpret_cast<const PairedChannel*>(limits.constants + op.records + i * bytes);
        if (!good_multiplier(channel.multiplier, 0, 0) || channel.shift_less_1 > kMostPackedShift ||
            channel.fours_fit > 1 || channel.zero[0] != 0 || channel.zero[1] != 0) {
            return Status::bad_value;
        }
    }
    return Status::ok;
}

}  // namespace

Status check(const PairedConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w)) return Status::bad_shape;
    if (uint64_t{w.kernel_height} * w.kernel_width * w.in_channels > kMostTaps)
        return Status::bad_shape;
    if (op.scratch % 4 != 0) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const Region input{op.input, input_bytes(w)};
    const Region output{op.output, output_bytes(w)};
    const Region scratch{op.scratch, paired_conv_2d_scratch_bytes(w)};
    const bool over_input = op.output <= op.input && op.input - op.output >= paired_conv_2d_lead(w);
    if (!input.inside(limits) || !output.inside(limits) || !scratch.inside(limits) ||
        scratch.overlaps(input) || scratch.overlaps(output) ||
        (output.overlaps(input) && !over_input)) {
        return Status::bad_offset;
    }
    return check_records(op, limits);
}

Status check(const PairedFullyConnectedOp& op, const ProgramLimits& limits) {
    if (op.depth == 0 || op.depth % 4 != 0 || op.depth > kMostTaps || op.out == 0 ||
        op.out > kMostTaps) {
        return Status::bad_shape;
    }
    const uint32_t bytes = paired_fully_connected_record_bytes(op.depth);
    const uint32_t count = paired_fully_connected_record_count(op.out);
    if (!constants_inside(op.records, uint64_t{bytes} * count, limits)) return Status::bad_offset;
    if (!good_range(op.range)) return Status::bad_value;
    for (uint32_t i = 0; i < 4 * count; ++i) {
        const PairedRow& row = reinterpret_cast<const PairedRow*>(limits.constants + op.records +
                                                                  i / 4 * bytes)[i % 4];
        if (!good_multiplier(row.multiplier, 0, 0) || row.shift_less_1 > kMostPackedShift)
            return Status::bad_value;
    }
    const std::array<Region, 2> regions{{{op.input, op.depth}, {op.output, op.out}}};
    return check_separate(regions, limits);
}

}  // namespace ganglion
