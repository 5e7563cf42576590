#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// An int8 function of two tensors, element by element, of at most four dimensions. A side may be
/// one value along some dimensions, which then serves for all of them, and may lie in the
/// constants. What multiplier and shift of a side and of the result mean depends on the function.
/// The output may be the same memory as a side in the arena that repeats nothing.
struct BroadcastOp {
    static constexpr bool runs_in_place = true;
    struct Side {
        uint32_t offset;  ///< in the arena, or in the constants
        int16_t zero_point;
        uint8_t repeats;      ///< bit d: one value along dimension d
        uint8_t is_constant;  ///< 1: in the constants
        int32_t multiplier;   ///< 0 or in [2^30, 2^31)
        int32_t shift;        ///< [-31, 30]
    };
    OpHeader header;
    uint32_t counts[4];  ///< the output's dimensions, outermost first
    Side first, second;
    uint32_t output;  ///< in the arena
    int32_t multiplier, shift;
    OutputRange range;
};

/// Elements of a side of a BroadcastOp or an Int16BroadcastOp.
template <typename Op>
constexpr uint64_t broadcast_elements(const Op& op, const BroadcastOp::Side& side) {
    uint64_t elements = 1;
    for (uint32_t d = 0; d < 4; ++d)
        elements *= (side.repeats >> d & 1) != 0 ? 1 : uint64_t{op.counts[d]};
    return elements;
}

/// As AddOp: sides on a common scale with 20 bits of headroom, shifts of both and of the result at
/// most 0.
void broadcast_add(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// first - second; otherwise as broadcast_add.
void subtract(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// (first - second)^2: sides on a common scale with 7 bits of headroom, their shifts at most 0.
void squared_difference(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// The product of the centred values times the result's multiplier; the sides' are not used.
void multiply(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// The larger and smaller of two values in one quantization; only the offsets are used.
void maximum(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
void minimum(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// first where it is not negative, times first's multiplier; else first * second times the
/// result's.
void prelu(const BroadcastOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
