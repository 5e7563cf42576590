#pragma once

#include <algorithm>
#include <array>

#include "device/program/format.hpp"
#include "device/program/operations.hpp"

// The checks of single operations, and what they share.

namespace ganglion {

// One a record: size, shapes, every offset and multiplier. After ok, the kernel neither reads nor
// writes outside arena and constants, whatever the data.
Status check(const Conv2dOp& op, const ProgramLimits& limits);
Status check(const DepthwiseConv2dOp& op, const ProgramLimits& limits);
Status check(const FullyConnectedOp& op, const ProgramLimits& limits);
Status check(const Pool2dOp& op, const ProgramLimits& limits);
Status check(const AddOp& op, const ProgramLimits& limits);
Status check(const SoftmaxOp& op, const ProgramLimits& limits);
Status check(const LookupOp& op, const ProgramLimits& limits);
Status check(const PadOp& op, const ProgramLimits& limits);
Status check(const PackedConv2dOp& op, const ProgramLimits& limits);
Status check(const PackedDepthwiseConv2dOp& op, const ProgramLimits& limits);
Status check(const PackedFullyConnectedOp& op, const ProgramLimits& limits);
Status check(const InterleavedConv2dOp& op, const ProgramLimits& limits);
Status check(const InterleavedDepthwiseConv2dOp& op, const ProgramLimits& limits);
Status check(const StridedCopyOp& op, const ProgramLimits& limits);
Status check(const ResizeNearestOp& op, const ProgramLimits& limits);
Status check(const ResizeBilinearOp& op, const ProgramLimits& limits);
Status check(const TransposeConv2dOp& op, const ProgramLimits& limits);
Status check(const BatchMatmulOp& op, const ProgramLimits& limits);
Status check(const PairedConv2dOp& op, const ProgramLimits& limits);
Status check(const PairedFullyConnectedOp& op, const ProgramLimits& limits);
Status check(const GroupedConv2dOp& op, const ProgramLimits& limits);
Status check(const BroadcastOp& op, const ProgramLimits& limits);
Status check(const ReduceOp& op, const ProgramLimits& limits);
Status check(const ArgMaxOp& op, const ProgramLimits& limits);
Status check(const RescaleOp& op, const ProgramLimits& limits);
Status check(const Int16Conv2dOp& op, const ProgramLimits& limits);
Status check(const Int16DepthwiseConv2dOp& op, const ProgramLimits& limits);
Status check(const Int16Pool2dOp& op, const ProgramLimits& limits);
Status check(const Int16BroadcastOp& op, const ProgramLimits& limits);
Status check(const Int16SigmoidOp& op, const ProgramLimits& limits);
Status check(const Int16LeakyReluOp& op, const ProgramLimits& limits);
Status check(const Int16SoftmaxOp& op, const ProgramLimits& limits);
Status check(const Int16ReduceOp& op, const ProgramLimits& limits);
Status check(const Int16TransposeConv2dOp& op, const ProgramLimits& limits);
Status check(const Int16BatchMatmulOp& op, const ProgramLimits& limits);
Status check(const Int4Conv2dOp& op, const ProgramLimits& limits);
Status check(const LstmOp& op, const ProgramLimits& limits);
Status check(const SvdfOp& op, const ProgramLimits& limits);
Status check(const CopyOp& op, const ProgramLimits& limits);
Status check(const FillOp& op, const ProgramLimits& limits);
Status check(const LoadConstantsOp& op, const ProgramLimits& limits);
Status check(const RepeatOp& op, const ProgramLimits& limits);

namespace checks {

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
inline bool constants_inside(uint32_t offset, uint64_t bytes, const ProgramLimits& limits) {
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

/// What a kernel takes.
struct ShiftRange {
    int32_t least, most;
};

/// A layer's per-channel table.
Status check_channels(const ChannelTable& table, uint32_t channels, const ShiftRange& range,
                      const ProgramLimits& limits);

/// What every pooling's window keeps to: each output sees at least one pixel.
bool good_pool_window(const Window2d& w, uint32_t most_pixels);

/// The product of dimensions that are positive and not too many; 0 for others.
template <size_t count>
uint64_t product(const std::array<uint32_t, count>& dimensions, uint64_t most) {
    uint64_t result = 1;
    for (uint32_t dimension : dimensions) {
        if (dimension > most) return 0;
        result *= dimension;
        if (result > most) return 0;
    }
    return result;
}

inline bool is_int8(int32_t value) {
    return value >= -128 && value <= 127;
}

inline bool good_multiplier(int32_t multiplier, int32_t shift, int32_t most_shift) {
    return (multiplier == 0 || multiplier >= (1 << 30)) && shift >= -31 && shift <= most_shift;
}

/// What sigmoid::argument() computes without overflow.
inline bool good_argument(int32_t multiplier, int32_t shift) {
    return multiplier >= 0 && multiplier <= (shift == 0 ? 3 << 14 : 32767) && shift >= 0 &&
           shift < 31;
}

inline bool good_range(const OutputRange& range) {
    return is_int8(range.zero_point) && range.minimum <= range.maximum;
}

/// Positions stay far from the limits of 32-bit arithmetic.
inline bool good_axis(uint32_t in, uint32_t out, uint32_t kernel, uint32_t stride,
                      uint32_t dilation) {
    if (in == 0 || out == 0 || kernel == 0 || stride == 0 || dilation == 0) return false;
    return uint64_t{out} * stride + uint64_t{kernel} * dilation < (1U << 30);
}

inline bool good_window(const Window2d& w) {
    return w.in_channels != 0 && w.out_channels != 0 &&
           good_axis(w.in_height, w.out_height, w.kernel_height, w.stride_y, w.dilation_y) &&
           good_axis(w.in_width, w.out_width, w.kernel_width, w.stride_x, w.dilation_x);
}

inline uint64_t input_bytes(const Window2d& w) {
    return uint64_t{w.in_height} * w.in_width * w.in_channels;
}
inline uint64_t output_bytes(const Window2d& w) {
    return uint64_t{w.out_height} * w.out_width * w.out_channels;
}

/// The sides and the output of products of matrices, whose elements take `each` bytes.
template <typename Op>
Status check_products(const Op& op, uint32_t each, const ProgramLimits& limits) {
    const uint64_t elements =
        product(std::array{op.batches[0], op.batches[1], op.rows, op.columns}, limits.arena_bytes);
    if (elements == 0 || op.depth == 0 || op.depth > kMostMatmulDepth) return Status::bad_shape;
    const auto region_of = [&](const BatchMatmulOp::Side& side, uint32_t lines) {
        const uint64_t ways[] = {uint64_t{op.batches[0] - 1} * side.batch_strides[0],
                                 uint64_t{op.batches[1] - 1} * side.batch_strides[1],
                                 uint64_t{lines - 1} * side.line_stride,
                                 uint64_t{op.depth - 1} * side.depth_stride};
        uint64_t last = 0;
        // Each may be nearly 2^64: compare before adding it.
        for (uint64_t way : ways)
            last = std::max(last, way) > limits.arena_bytes ? UINT64_MAX : last + way;
        return Region{side.offset, last > limits.arena_bytes ? last : each * (last + 1)};
    };
    const Region first = region_of(op.first, op.rows);
    const Region second = region_of(op.second, op.columns);
    const Region output{op.output, each * elements};
    if (!first.inside(limits) || !second.inside(limits) || !output.inside(limits) ||
        output.overlaps(first) || output.overlaps(second)) {
        return Status::bad_offset;
    }
    return Status::ok;
}

}  // namespace checks
}  // namespace ganglion
