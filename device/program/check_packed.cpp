#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

namespace {

/// What a packed operation's scale may be, read from its record.
bool good_packed_scale(int32_t multiplier, uint32_t shift_less_1) {
    return good_multiplier(multiplier, 0, 0) && shift_less_1 <= kMostPackedShift;
}

/// A pair record ends with two multipliers and two bytes of shifts.
Status check_pair_records(const PackedConv2dOp& op, const ProgramLimits& limits) {
    const uint32_t bytes = packed_conv_2d_record_bytes(op.window);
    const uint32_t count = packed_conv_2d_record_count(op.window);
    if (!constants_inside(op.records, uint64_t{bytes} * count, limits)) return Status::bad_offset;
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t* end = limits.constants + op.records + (i + 1) * bytes;
        const auto* multipliers = reinterpret_cast<const int32_t*>(end - 12);
        for (uint32_t k : {0, 1}) {
            if (!good_packed_scale(multipliers[k], end[-4 + static_cast<int>(k)]))
                return Status::bad_value;
        }
        if (end[-2] != 0 || end[-1] != 0) return Status::bad_value;
    }
    return Status::ok;
}

}  // namespace

Status check(const PackedConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w)) return Status::bad_shape;
    if (uint64_t{w.kernel_height} * w.kernel_width * w.in_channels > kMostTaps)
        return Status::bad_shape;
    if (op.scratch % 4 != 0) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const Region input{op.input, input_bytes(w)};
    const Region output{op.output, output_bytes(w)};
    const Region scratch{op.scratch, packed_conv_2d_scratch_bytes(w)};
    const bool over_input = op.output <= op.input && op.input - op.output >= packed_conv_2d_lead(w);
    if (!input.inside(limits) || !output.inside(limits) || !scratch.inside(limits) ||
        scratch.overlaps(input) || scratch.overlaps(output) ||
        (output.overlaps(input) && !over_input)) {
        return Status::bad_offset;
    }
    return check_pair_records(op, limits);
}

namespace {

Status check_channel_records(const PackedDepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const uint32_t bytes = packed_depthwise_record_bytes(op.window);
    const uint32_t count = op.window.out_channels;
    if (!constants_inside(op.records, uint64_t{bytes} * count, limits)) return Status::bad_offset;
    for (uint32_t i = 0; i < count; ++i) {
        const auto* record =
            reinterpret_cast<const int32_t*>(limits.constants + op.records + i * bytes);
        if (!good_packed_scale(record[1], static_cast<uint32_t>(record[2])))
            return Status::bad_value;
    }
    return Status::ok;
}

}  // namespace

Status check(const PackedDepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.out_channels != w.in_channels || w.dilation_y != 1 ||
        w.dilation_x != 1 || op.band == 0 || op.band > w.out_height ||
        w.pad_top >= w.kernel_height || w.pad_left >= w.kernel_width) {
        return Status::bad_shape;
    }
    if (uint64_t{w.kernel_height} * packed_depthwise_row_taps(w) > kMostTaps)
        return Status::bad_shape;
    if (op.scratch % 4 != 0) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const Region input{op.input, input_bytes(w)};
    const Region output{op.output, output_bytes(w)};
    const Region scratch{op.scratch, packed_depthwise_scratch_bytes(w, op.band)};
    const bool over_input = op.output == op.input && depthwise_may_overlap(w);
    if (!input.inside(limits) || !output.inside(limits) || !scratch.inside(limits) ||
        scratch.overlaps(input) || scratch.overlaps(output) ||
        (output.overlaps(input) && !over_input)) {
        return Status::bad_offset;
    }
    return check_channel_records(op, limits);
}

Status check(const PackedFullyConnectedOp& op, const ProgramLimits& limits) {
    if (op.rows == 0 || op.depth == 0 || op.out == 0 || op.depth > kMostTaps)
        return Status::bad_shape;
    const uint64_t records = uint64_t{packed_fully_connected_record_count(op.out)} *
                             packed_fully_connected_record_bytes(op.depth);
    if (op.out > kMostTaps || !constants_inside(op.records, records, limits))
        return Status::bad_offset;
    if (!good_multiplier(op.multiplier, op.shift, 30) || !good_range(op.range))
        return Status::bad_value;
    const std::array<Region, 2> regions{
        {{op.input, uint64_t{op.rows} * op.depth}, {op.output, uint64_t{op.rows} * op.out}}};
    return check_separate(regions, limits);
}

}  // namespace ganglion
