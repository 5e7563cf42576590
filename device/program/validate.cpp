#include <algorithm>
#include <array>
#include <utility>

#include "device/kernels/add.hpp"
#include "device/kernels/conv_2d.hpp"
#include "device/kernels/copy.hpp"
#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/fill.hpp"
#include "device/kernels/fully_connected.hpp"
#include "device/kernels/load_constants.hpp"
#include "device/kernels/lookup.hpp"
#include "device/kernels/packed_conv_2d.hpp"
#include "device/kernels/packed_depthwise_conv_2d.hpp"
#include "device/kernels/packed_fully_connected.hpp"
#include "device/kernels/pad.hpp"
#include "device/kernels/pool_2d.hpp"
#include "device/kernels/softmax.hpp"
#include "device/program/format.hpp"

namespace ganglion {
namespace {

/// A run of bytes in the arena.
struct Region {
    uint32_t offset;
    uint64_t bytes;

    bool inside(const ProgramLimits& limits) const {
        return bytes <= limits.arena_bytes && offset <= limits.arena_bytes - bytes;
    }
    bool overlaps(const Region& other) const {
        return bytes != 0 && other.bytes != 0 && offset < other.offset + other.bytes &&
               other.offset < offset + bytes;
    }
};

/// `bytes` of constants at a word boundary.
bool constants_inside(uint32_t offset, uint64_t bytes, const ProgramLimits& limits) {
    return offset % 4 == 0 && bytes <= limits.constants_bytes &&
           offset <= limits.constants_bytes - bytes;
}

/// Every region inside the arena, and none on another's bytes.
template <size_t count>
Status check_separate(const std::array<Region, count>& regions, const ProgramLimits& limits) {
    for (size_t i = 0; i < count; ++i) {
        if (!regions[i].inside(limits)) return Status::bad_offset;
        for (size_t j = 0; j < i; ++j) {
            if (regions[i].overlaps(regions[j])) return Status::bad_offset;
        }
    }
    return Status::ok;
}

bool is_int8(int32_t value) {
    return value >= -128 && value <= 127;
}

bool good_multiplier(int32_t multiplier, int32_t shift, int32_t most_shift) {
    return (multiplier == 0 || multiplier >= (1 << 30)) && shift >= -31 && shift <= most_shift;
}

bool good_range(const OutputRange& range) {
    return is_int8(range.zero_point) && range.minimum <= range.maximum;
}

/// Positions stay far from the limits of 32-bit arithmetic.
bool good_axis(uint32_t in, uint32_t out, uint32_t kernel, uint32_t stride, uint32_t dilation) {
    if (in == 0 || out == 0 || kernel == 0 || stride == 0 || dilation == 0) return false;
    return uint64_t{out} * stride + uint64_t{kernel} * dilation < (1U << 30);
}

bool good_window(const Window2d& w) {
    return w.in_channels != 0 && w.out_channels != 0 &&
           good_axis(w.in_height, w.out_height, w.kernel_height, w.stride_y, w.dilation_y) &&
           good_axis(w.in_width, w.out_width, w.kernel_width, w.stride_x, w.dilation_x);
}

uint64_t input_bytes(const Window2d& w) {
    return uint64_t{w.in_height} * w.in_width * w.in_channels;
}
uint64_t output_bytes(const Window2d& w) {
    return uint64_t{w.out_height} * w.out_width * w.out_channels;
}

Status check_channels(const ChannelTable& table, uint32_t channels, const ProgramLimits& limits) {
    if (!constants_inside(table.offset, channel_table_bytes(channels), limits))
        return Status::bad_offset;
    const auto* multiplier =
        reinterpret_cast<const int32_t*>(limits.constants + table.offset) + channels;
    const auto* shift = reinterpret_cast<const int8_t*>(multiplier + channels);
    for (uint32_t i = 0; i < channels; ++i) {
        if (!good_multiplier(multiplier[i], shift[i], 30)) return Status::bad_value;
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
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, limits) : separate;
}

Status check(const DepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.out_channels % w.in_channels != 0) return Status::bad_shape;
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width;
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const std::array<Region, 2> regions{{{op.input, input_bytes(w)}, {op.output, output_bytes(w)}}};
    const Status separate = check_separate(regions, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, limits) : separate;
}

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

Status check(const Pool2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.in_channels != w.out_channels) return Status::bad_shape;
    if (uint64_t{w.kernel_height} * w.kernel_width > kMostTaps) return Status::bad_shape;
    // The first window reaches into the image from above and left, the last begins inside it.
    if (w.dilation_y != 1 || w.dilation_x != 1) return Status::bad_shape;
    if (w.pad_top >= w.kernel_height || w.pad_left >= w.kernel_width) return Status::bad_shape;
    if ((w.out_height - 1U) * w.stride_y >= uint32_t{w.in_height} + w.pad_top)
        return Status::bad_shape;
    if ((w.out_width - 1U) * w.stride_x >= uint32_t{w.in_width} + w.pad_left)
        return Status::bad_shape;
    if (op.range.minimum > op.range.maximum) return Status::bad_value;
    return check_separate(
        std::array<Region, 2>{{{op.input, input_bytes(w)}, {op.output, output_bytes(w)}}}, limits);
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

/// Rows are counted with their gaps; the end of all of them must stay far below 2^32.
Status check(const CopyOp& op, const ProgramLimits& limits) {
    if (op.rows == 0 || op.bytes == 0) return Status::bad_shape;
    // No byte is written twice, so the arena's size bounds the time.
    if (op.rows > 1 && op.output_stride < op.bytes) return Status::bad_shape;
    const auto region = [&](uint32_t tensor, uint32_t begin, uint32_t stride) {
        const uint64_t bytes = uint64_t{op.rows - 1} * stride + op.bytes;
        return std::pair{uint64_t{tensor} + begin, bytes};
    };
    const auto [from, from_bytes] = region(op.input, op.input_begin, op.input_stride);
    const auto [to, to_bytes] = region(op.output, op.output_begin, op.output_stride);
    if (from > limits.arena_bytes || to > limits.arena_bytes) return Status::bad_offset;
    const Region input{static_cast<uint32_t>(from), from_bytes};
    const Region output{static_cast<uint32_t>(to), to_bytes};
    if (!input.inside(limits) || !output.inside(limits)) return Status::bad_offset;
    return op.rows > 1 && input.overlaps(output) ? Status::bad_offset : Status::ok;
}

Status check(const FillOp& op, const ProgramLimits& limits) {
    if (op.count == 0) return Status::bad_shape;
    if (!Region{op.output, op.count}.inside(limits)) return Status::bad_offset;
    return is_int8(op.value) ? Status::ok : Status::bad_value;
}

Status check(const LoadConstantsOp& op, const ProgramLimits& limits) {
    if (op.count == 0) return Status::bad_shape;
    const bool inside =
        Region{op.output, op.count}.inside(limits) && constants_inside(op.source, op.count, limits);
    return inside ? Status::ok : Status::bad_offset;
}

template <typename Op>
Status check_as(const OpHeader& record, const ProgramLimits& limits) {
    if (record.bytes != sizeof(Op)) return Status::bad_value;
    return check(reinterpret_cast<const Op&>(record), limits);
}

}  // namespace

Status validate_operation(const OpHeader& record, const ProgramLimits& limits) {
    switch (record.kind) {
        case OpKind::conv_2d:
            return check_as<Conv2dOp>(record, limits);
        case OpKind::depthwise_conv_2d:
            return check_as<DepthwiseConv2dOp>(record, limits);
        case OpKind::fully_connected:
            return check_as<FullyConnectedOp>(record, limits);
        case OpKind::average_pool_2d:
        case OpKind::max_pool_2d:
            return check_as<Pool2dOp>(record, limits);
        case OpKind::add:
            return check_as<AddOp>(record, limits);
        case OpKind::softmax:
            return check_as<SoftmaxOp>(record, limits);
        case OpKind::lookup:
            return check_as<LookupOp>(record, limits);
        case OpKind::pad:
            return check_as<PadOp>(record, limits);
        case OpKind::packed_conv_2d:
            return check_as<PackedConv2dOp>(record, limits);
        case OpKind::packed_depthwise_conv_2d:
            return check_as<PackedDepthwiseConv2dOp>(record, limits);
        case OpKind::packed_fully_connected:
            return check_as<PackedFullyConnectedOp>(record, limits);
        case OpKind::copy:
            return check_as<CopyOp>(record, limits);
        case OpKind::fill:
            return check_as<FillOp>(record, limits);
        case OpKind::load_constants:
            return check_as<LoadConstantsOp>(record, limits);
    }
    return Status::unsupported;
}

}  // namespace ganglion
