#include "device/kernels/add.hpp"

#include "device/kernels/portable/add.hpp"
#include "device/kernels/x86/paths.hpp"

namespace ganglion {
namespace {

/// What a number gets before it is shifted right by `high` bits, the high multiplication, and
/// `right` more so that both round.
struct Rounding {
    int64_t addend, tie;
};

Rounding rounding_of(int32_t high, int32_t right) {
    const int64_t unit = int64_t{1} << high;
    if (right == 0) return {unit / 2, 0};
    return {unit / 2 + (unit << (right - 1)), unit};
}

x86::Addition::Side side_of(const AddOp::Side& side, const int8_t* arena) {
    // value * 2^20 * multiplier >> 31 is value * multiplier >> 11.
    constexpr int32_t kHigh = 31 - kAddHeadroom;
    const Rounding rounding = rounding_of(kHigh, -side.shift);
    return {arena + side.offset, side.zero_point,
            side.multiplier,     rounding.addend - int64_t{side.zero_point} * side.multiplier,
            rounding.tie,        kHigh - side.shift};
}

}  // namespace

void add(const AddOp& op, int8_t* arena, const uint8_t*) {
    // The zero point must fit above the second rounding.
    constexpr int32_t kMostShift = 22;
    const x86::Kernels* kernels = x86::kernels();
    uint32_t done = 0;
    if (kernels != nullptr && op.shift <= 0 && op.shift >= -kMostShift) {
        const Rounding rounding = rounding_of(31, -op.shift);
        const bool ties_seen = op.range.minimum < op.range.zero_point;
        const x86::Addition addition{
            side_of(op.first, arena),
            side_of(op.second, arena),
            arena + op.output,
            op.multiplier,
            rounding.addend + op.range.zero_point * (int64_t{1} << (31 - op.shift)),
            ties_seen ? rounding.tie : 0,
            31 - op.shift,
            op.range.minimum,
            op.range.maximum};
        done = kernels->add(addition, op.count);
    }
    portable::add(op, arena, done);
}

}  // namespace ganglion
