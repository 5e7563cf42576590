#include "device/kernels/int16_channels.hpp"
#include "device/program/checks.hpp"

// Operations on int16, whose tensors lie at even offsets.

namespace ganglion {

using namespace checks;

namespace {

constexpr uint32_t kElement = 2;

/// `elements` of int16.
Region region(uint32_t offset, uint64_t elements) {
    return {offset, kElement * elements};
}

bool is_even(uint32_t offset) {
    return offset % kElement == 0;
}

bool good_range(const Int16Range& range) {
    return range.minimum <= range.maximum;
}

Status check_channels(const Int16ChannelTable& table, uint32_t channels,
                      const ProgramLimits& limits) {
    if (!constants_inside(table.offset, int16_channel_table_bytes(channels), limits))
        return Status::bad_offset;
    const Int16Channels all(table, channels, limits.constants);
    for (uint32_t i = 0; i < channels; ++i) {
        if (all.bias(i) < -kMostInt16Bias || all.bias(i) > kMostInt16Bias ||
            all.multiplier(i) < 0 || all.shift(i) < 8 || all.shift(i) > 46) {
            return Status::bad_value;
        }
    }
    return Status::ok;
}

/// Where a convolution reads and writes, and its table.
template <typename Op>
Status check_convolution(const Op& op, uint64_t taps, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (taps > kMostTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (!good_range(op.range)) return Status::bad_value;
    if (!is_even(op.input) || !is_even(op.output)) return Status::bad_offset;
    const Status separate = check_separate(
        std::array{region(op.input, input_bytes(w)), region(op.output, output_bytes(w))}, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, limits) : separate;
}

/// Input and output of a function of each element, which may be the same memory.
Status check_elements(uint32_t input, uint32_t output, uint64_t count,
                      const ProgramLimits& limits) {
    if (count == 0 || count > limits.arena_bytes) return Status::bad_shape;
    const bool inside = region(input, count).inside(limits) && region(output, count).inside(limits);
    return inside && is_even(input) && is_even(output) ? Status::ok : Status::bad_offset;
}

bool good_side(const Int16BroadcastOp& op, const BroadcastOp::Side& side,
               const ProgramLimits& limits) {
    const uint64_t elements = broadcast_elements(op, side);
    return side.is_constant != 0
               ? constants_inside(side.offset, kElement * elements, limits)
               : is_even(side.offset) && region(side.offset, elements).inside(limits);
}

}  // namespace

Status check(const Int16Conv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || op.groups == 0 || w.in_channels % op.groups != 0 ||
        w.out_channels % op.groups != 0) {
        return Status::bad_shape;
    }
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width * (w.in_channels / op.groups);
    return check_convolution(op, taps, limits);
}

Status check(const Int16DepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.out_channels % w.in_channels != 0) return Status::bad_shape;
    return check_convolution(op, uint64_t{w.kernel_height} * w.kernel_width, limits);
}

Status check(const Int16TransposeConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.dilation_y != 1 || w.dilation_x != 1) return Status::bad_shape;
    return check_convolution(op, uint64_t{w.kernel_height} * w.kernel_width * w.in_channels,
                             limits);
}

Status check(const Int16BatchMatmulOp& op, const ProgramLimits& limits) {
    const bool good_values = op.first.zero_point == 0 && op.second.zero_point == 0 &&
                             op.multiplier >= 0 && op.shift >= 8 && op.shift <= 46;
    if (!good_values) return Status::bad_value;
    for (uint32_t offset : {op.first.offset, op.second.offset, op.output}) {
        if (!is_even(offset)) return Status::bad_offset;
    }
    return check_products(op, kElement, limits);
}

Status check(const Int16Pool2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_pool_window(w, kMostInt16Pixels)) return Status::bad_shape;
    if (!good_range(op.range)) return Status::bad_value;
    if (!is_even(op.input) || !is_even(op.output)) return Status::bad_offset;
    return check_separate(
        std::array{region(op.input, input_bytes(w)), region(op.output, output_bytes(w))}, limits);
}

Status check(const Int16BroadcastOp& op, const ProgramLimits& limits) {
    const uint64_t elements = product(
        std::array{op.counts[0], op.counts[1], op.counts[2], op.counts[3]}, limits.arena_bytes);
    if (elements == 0) return Status::bad_shape;
    for (const BroadcastOp::Side& side : {op.first, op.second}) {
        if (side.repeats > 15 || side.is_constant > 1 ||
            !good_multiplier(side.multiplier, side.shift, 0)) {
            return Status::bad_value;
        }
    }
    if (!good_multiplier(op.multiplier, op.shift, 30) || !good_range(op.range))
        return Status::bad_value;
    const bool good = good_side(op, op.first, limits) && good_side(op, op.second, limits) &&
                      is_even(op.output) && region(op.output, elements).inside(limits);
    return good ? Status::ok : Status::bad_offset;
}

Status check(const Int16SigmoidOp& op, const ProgramLimits& limits) {
    if (!good_argument(op.multiplier, op.shift)) return Status::bad_value;
    return check_elements(op.input, op.output, op.count, limits);
}

Status check(const Int16LeakyReluOp& op, const ProgramLimits& limits) {
    if (!good_multiplier(op.multiplier, op.shift, 14) ||
        !good_multiplier(op.negative_multiplier, op.negative_shift, 14) || !good_range(op.range)) {
        return Status::bad_value;
    }
    return check_elements(op.input, op.output, op.count, limits);
}

Status check(const Int16SoftmaxOp& op, const ProgramLimits& limits) {
    if (op.depth > kMostInt16SoftmaxDepth) return Status::bad_shape;
    if (!good_multiplier(op.multiplier, op.shift, 14)) return Status::bad_value;
    if (!constants_inside(op.tables, uint64_t{2} * kSoftmaxTable * kElement, limits))
        return Status::bad_offset;
    // The largest value's exponential, between the last two entries, keeps the sum from 0.
    const auto* exponentials = reinterpret_cast<const int16_t*>(limits.constants + op.tables);
    for (uint32_t i = 0; i < kSoftmaxTable; ++i) {
        if (exponentials[i] < (i + 2 < kSoftmaxTable ? 0 : 1 << 14)) return Status::bad_value;
    }
    const uint64_t count = product(std::array{op.rows, op.depth}, limits.arena_bytes);
    return check_elements(op.input, op.output, count, limits);
}

Status check(const Int16ReduceOp& op, const ProgramLimits& limits) {
    const uint64_t summands = product(std::array{op.first, op.second}, kMostInt16Summands);
    const uint64_t outputs = product(std::array{op.outer, op.middle, op.inner}, limits.arena_bytes);
    if (summands == 0 || outputs == 0) return Status::bad_shape;
    if (op.multiplier < 0 || op.shift < -31 || op.shift > 30) return Status::bad_value;
    if (!is_even(op.input) || !is_even(op.output)) return Status::bad_offset;
    return check_separate(
        std::array{region(op.input, outputs * summands), region(op.output, outputs)}, limits);
}

}  // namespace ganglion
