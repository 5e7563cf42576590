#pragma once

#include "device/kernels/broadcast.hpp"
#include "device/kernels/op.hpp"

namespace ganglion {

/// As BroadcastOp, on int16 with zero points 0. Sides and output lie at even offsets.
struct Int16BroadcastOp {
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t counts[4];  ///< the output's dimensions, outermost first
    BroadcastOp::Side first, second;
    uint32_t output;  ///< in the arena
    int32_t multiplier, shift;
    Int16Range range;
};

/// Sides on a common scale with 15 bits of headroom, shifts of both and of the result at most 0.
void int16_add(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// first - second; otherwise as int16_add.
void int16_subtract(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// The product times the result's multiplier; the sides' are not used.
void int16_multiply(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants);
/// The larger and smaller of two values in one quantization; only the offsets are used.
void int16_maximum(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants);
void int16_minimum(const Int16BroadcastOp& op, int8_t* arena, const uint8_t* constants);

/// int16 functions that are flat at both ends, interpolated in a table (sigmoid.hpp). `count`
/// values; output in Q0.15, may be the same memory as input.
struct Int16SigmoidOp {
    static constexpr uint32_t element_bytes = 2;
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t count;
    uint32_t input, output;  ///< in the arena, even
    int32_t multiplier;      ///< [0, 3 * 2^14]: input * multiplier / 2^shift = 3 * 2^12 * real
    int32_t shift;           ///< to the right, [0, 31)
};

void int16_logistic(const Int16SigmoidOp& op, int8_t* arena, const uint8_t* constants);
void int16_tanh(const Int16SigmoidOp& op, int8_t* arena, const uint8_t* constants);

/// int16 values to another scale, negative ones by a factor of their own, clamped: LEAKY_RELU, and
/// RELU, RELU6 and RELU_N1_TO_1, whose two factors are one. output may be the same memory as input.
struct Int16LeakyReluOp {
    static constexpr uint32_t element_bytes = 2;
    static constexpr bool runs_in_place = true;
    OpHeader header;
    uint32_t count;
    uint32_t input, output;                       ///< in the arena, even
    int32_t multiplier, shift;                    ///< 0 or [2^30, 2^31); [-31, 14]
    int32_t negative_multiplier, negative_shift;  ///< likewise
    Int16Range range;
};

void int16_leaky_relu(const Int16LeakyReluOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
