#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

Status checks::check_channels(const ChannelTable& table, uint32_t channels, const ShiftRange& range,
                              const ProgramLimits& limits) {
    if (!constants_inside(table.offset, channel_table_bytes(channels), limits))
        return Status::bad_offset;
    const auto* multiplier =
        reinterpret_cast<const int32_t*>(limits.constants + table.offset) + channels;
    const auto* shift = reinterpret_cast<const int8_t*>(multiplier + channels);
    for (uint32_t i = 0; i < channels; ++i) {
        if (!good_multiplier(multiplier[i], shift[i], range.most) || shift[i] < range.least)
            return Status::bad_value;
    }
    return Status::ok;
}

Status check(const Conv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w)) return Status::bad_shape;
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width * w.in_channels;
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (op.scratch % 4 != 0) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const std::array<Region, 3> regions{{{op.input, input_bytes(w)},
                                         {op.output, output_bytes(w)},
                                         {op.scratch, conv_2d_scratch_bytes(w)}}};
    const Status separate = check_separate(regions, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, {-31, 30}, limits)
                                  : separate;
}

Status check(const Int4Conv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w)) return Status::bad_shape;
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width * w.in_channels;
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, uint64_t{4} * int4_conv_2d_words(w) * w.out_channels, limits))
        return Status::bad_offset;
    if (op.scratch % 4 != 0) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const std::array<Region, 3> regions{{{op.input, input_bytes(w)},
                                         {op.output, output_bytes(w)},
                                         {op.scratch, int4_conv_2d_scratch_bytes(w)}}};
    const Status separate = check_separate(regions, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, {-31, 30}, limits)
                                  : separate;
}

Status check(const GroupedConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || op.groups == 0 || w.in_channels % op.groups != 0 ||
        w.out_channels % op.groups != 0) {
        return Status::bad_shape;
    }
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width * (w.in_channels / op.groups);
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const std::array<Region, 2> regions{{{op.input, input_bytes(w)}, {op.output, output_bytes(w)}}};
    const Status separate = check_separate(regions, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, {-31, 30}, limits)
                                  : separate;
}

Status check(const DepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.out_channels % w.in_channels != 0) return Status::bad_shape;
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width;
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const Region input{op.input, input_bytes(w)};
    const Region output{op.output, output_bytes(w)};
    const auto lead = depthwise_conv_2d_lead(w);
    const bool over_input =
        lead && op.output <= op.input && op.input - op.output >= uint64_t{*lead};
    if (!input.inside(limits) || !output.inside(limits) ||
        (output.overlaps(input) && !over_input)) {
        return Status::bad_offset;
    }
    if (op.small_sums > 1) return Status::bad_value;
    const int32_t least = op.small_sums == 1 ? -22 : -31;
    const int32_t most = op.small_sums == 1 ? -1 : 30;
    return check_channels(op.channels, w.out_channels, {least, most}, limits);
}

bool checks::good_pool_window(const Window2d& w, uint32_t most_pixels) {
    if (!good_window(w) || w.in_channels != w.out_channels) return false;
    if (uint64_t{w.kernel_height} * w.kernel_width > most_pixels) return false;
    // The first window reaches into the image from above and left, the last begins inside it.
    if (w.dilation_y != 1 || w.dilation_x != 1) return false;
    if (w.pad_top >= w.kernel_height || w.pad_left >= w.kernel_width) return false;
    return (w.out_height - 1U) * w.stride_y < uint32_t{w.in_height} + w.pad_top &&
           (w.out_width - 1U) * w.stride_x < uint32_t{w.in_width} + w.pad_left;
}

Status check(const Pool2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_pool_window(w, kMostTaps)) return Status::bad_shape;
    if (op.range.minimum > op.range.maximum) return Status::bad_value;
    return check_separate(
        std::array<Region, 2>{{{op.input, input_bytes(w)}, {op.output, output_bytes(w)}}}, limits);
}

Status check(const PadOp& op, const ProgramLimits& limits) {
    if (op.in_height == 0 || op.in_width == 0 || op.channels == 0) return Status::bad_shape;
    if (uint32_t{op.top} + op.in_height > op.out_height ||
        uint32_t{op.left} + op.in_width > op.out_width) {
        return Status::bad_shape;
    }
    if (!is_int8(op.value)) return Status::bad_value;
    const std::array<Region, 2> regions{
        {{op.input, uint64_t{op.in_height} * op.in_width * op.channels},
         {op.output, uint64_t{op.out_height} * op.out_width * op.channels}}};
    return check_separate(regions, limits);
}

}  // namespace ganglion
