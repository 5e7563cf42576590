#include <utility>

#include "device/program/checks.hpp"

namespace ganglion {

using namespace checks;

// Rows are counted with their gaps; the end of all of them must stay far below 2^32.
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

}  // namespace ganglion
