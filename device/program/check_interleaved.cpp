#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

namespace {

/// Records at a word boundary whose shifts a 32-bit number can take.
template <uint32_t lanes>
Status check_records(uint32_t records, uint64_t record_bytes, uint32_t count,
                     const ProgramLimits& limits) {
    if (!constants_inside(records, record_bytes * count, limits)) return Status::bad_offset;
    for (uint32_t i = 0; i < count; ++i) {
        const auto& scales = *reinterpret_cast<const InterleavedScales<lanes>*>(
            limits.constants + records + i * record_bytes);
        for (uint32_t shift : scales.shift) {
            if (shift > 31) return Status::bad_value;
        }
    }
    return Status::ok;
}

template <typename Op>
Status check_image(const Op& op, const ProgramLimits& limits) {
    if (op.band == 0 || op.band > op.window.out_height) return Status::bad_shape;
    if (!good_range(op.range) || !is_int8(op.input_zero_point) || op.ties_away > 1)
        return Status::bad_value;
    return check_separate(std::array<Region, 3>{{{op.input, input_bytes(op.window)},
                                                 {op.output, output_bytes(op.window)},
                                                 {op.scratch, op.scratch_bytes()}}},
                          limits);
}

}  // namespace

Status check(const InterleavedConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.dilation_x != 1) return Status::bad_shape;
    if (uint64_t{w.kernel_height} * w.kernel_width * w.in_channels > kMostTaps)
        return Status::bad_shape;
    const Status image = check_image(op, limits);
    return image == Status::ok ? check_records<kInterleavedChannels>(
                                     op.records, interleaved_conv_2d_record_bytes(w),
                                     interleaved_conv_2d_record_count(w), limits)
                               : image;
}

Status check(const InterleavedDepthwiseConv2dOp& op, const ProgramLimits& limits) {
    const Window2d& w = op.window;
    if (!good_window(w) || w.out_channels != w.in_channels) return Status::bad_shape;
    if (uint64_t{w.kernel_height} * w.kernel_width > kMostTaps) return Status::bad_shape;
    const Status image = check_image(op, limits);
    return image == Status::ok
               ? check_records<kInterleavedLanes>(op.records, interleaved_depthwise_record_bytes(w),
                                                  interleaved_depthwise_record_count(w), limits)
               : image;
}

}  // namespace ganglion
