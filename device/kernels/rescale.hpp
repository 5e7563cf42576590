#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// Values of another scale, zero point and width: QUANTIZE between int8 and int16. output = clamp(
/// requantize(input - input zero point) + output zero point). int16 tensors lie at even offsets.
/// input and output do not overlap.
struct RescaleOp {
    OpHeader header;
    uint32_t count;
    uint32_t input, output;  ///< in the arena
    int32_t multiplier;      ///< 0 or in [2^30, 2^31)
    int32_t shift;           ///< [-31, 14], so that no int16 overflows before the rounding
    int16_t input_zero_point, output_zero_point;
    uint8_t input_bytes, output_bytes;  ///< 1: int8, 2: int16
    uint16_t reserved;
};

void rescale(const RescaleOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
