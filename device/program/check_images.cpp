#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

namespace {

/// Every entry of a list of `count` pixel numbers names one of `pixels`.
bool good_pixels(uint32_t offset, uint32_t count, uint32_t pixels, const ProgramLimits& limits) {
    if (!constants_inside(offset, uint64_t{count} * 2, limits)) return false;
    const auto* list = reinterpret_cast<const uint16_t*>(limits.constants + offset);
    for (uint32_t i = 0; i < count; ++i) {
        if (list[i] >= pixels) return false;
    }
    return true;
}

/// Every position lies in [-512, 1024 * pixels).
bool good_positions(const ResizeAxis& axis, uint32_t pixels, uint32_t positions) {
    if (pixels == 0 || positions == 0 || axis.step < 0 || axis.begin < -512) return false;
    return int64_t{positions - 1} * axis.step + axis.begin < int64_t{pixels} * 1024;
}

Region image(uint32_t offset, uint32_t height, uint32_t width, uint32_t pixel_bytes) {
    return {offset, uint64_t{height} * width * pixel_bytes};
}

}  // namespace

Status check(const ResizeNearestOp& op, const ProgramLimits& limits) {
    if (op.in_height == 0 || op.in_width == 0 || op.out_height == 0 || op.out_width == 0 ||
        op.pixel_bytes == 0 || op.pixel_bytes > limits.arena_bytes) {
        return Status::bad_shape;
    }
    if (!good_pixels(op.rows, op.out_height, op.in_height, limits) ||
        !good_pixels(op.columns, op.out_width, op.in_width, limits)) {
        return Status::bad_offset;
    }
    const std::array<Region, 2> regions{
        {image(op.input, op.in_height, op.in_width, op.pixel_bytes),
         image(op.output, op.out_height, op.out_width, op.pixel_bytes)}};
    return check_separate(regions, limits);
}

Status check(const ResizeBilinearOp& op, const ProgramLimits& limits) {
    const bool is_int16 = op.header.kind == OpKind::int16_resize_bilinear;
    const uint32_t each = is_int16 ? 2 : 1;
    if (op.input % each != 0 || op.output % each != 0) return Status::bad_offset;
    if (op.channels == 0 || op.channels > limits.arena_bytes ||
        !good_positions(op.y, op.in_height, op.out_height) ||
        !good_positions(op.x, op.in_width, op.out_width)) {
        return Status::bad_shape;
    }
    const std::array<Region, 2> regions{
        {image(op.input, op.in_height, op.in_width, each * op.channels),
         image(op.output, op.out_height, op.out_width, each * op.channels)}};
    return check_separate(regions, limits);
}

Status check(const TransposeConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.dilation_y != 1 || w.dilation_x != 1) return Status::bad_shape;
    const uint64_t taps = uint64_t{w.kernel_height} * w.kernel_width * w.in_channels;
    if (taps > kMostTransposedTaps) return Status::bad_shape;
    if (!constants_inside(op.weights, taps * w.out_channels, limits)) return Status::bad_offset;
    if (!good_range(op.range) || !is_int8(op.input_zero_point)) return Status::bad_value;
    const std::array<Region, 2> regions{{{op.input, input_bytes(w)}, {op.output, output_bytes(w)}}};
    const Status separate = check_separate(regions, limits);
    return separate == Status::ok ? check_channels(op.channels, w.out_channels, {-31, 30}, limits)
                                  : separate;
}

Status check(const StridedCopyOp& op, const ProgramLimits& limits) {
    uint64_t bytes = op.bytes;
    uint64_t from_bytes = op.bytes;
    uint64_t to_bytes = op.bytes;
    for (size_t i = 0; i < 4; ++i) {
        bytes *= op.counts[i];
        // The arena's size bounds the time, too.
        if (bytes == 0 || bytes > limits.arena_bytes) return Status::bad_shape;
        from_bytes += uint64_t{op.counts[i] - 1} * op.input_strides[i];
        to_bytes += uint64_t{op.counts[i] - 1} * op.output_strides[i];
        if (from_bytes > limits.arena_bytes || to_bytes > limits.arena_bytes)
            return Status::bad_offset;
    }
    const uint64_t from = uint64_t{op.input} + op.input_begin;
    const uint64_t to = uint64_t{op.output} + op.output_begin;
    if (from > limits.arena_bytes || to > limits.arena_bytes) return Status::bad_offset;
    const std::array<Region, 2> regions{
        {{static_cast<uint32_t>(from), from_bytes}, {static_cast<uint32_t>(to), to_bytes}}};
    return check_separate(regions, limits);
}

Status check(const BatchMatmulOp& op, const ProgramLimits& limits) {
    if (!is_int8(op.first.zero_point) || !is_int8(op.second.zero_point) || !good_range(op.range) ||
        !good_multiplier(op.multiplier, op.shift, 30)) {
        return Status::bad_value;
    }
    return check_products(op, 1, limits);
}

}  // namespace ganglion
