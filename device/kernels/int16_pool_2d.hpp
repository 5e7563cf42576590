#pragma once

#include "device/kernels/op.hpp"

namespace ganglion {

/// As Pool2dOp, on int16 with zero points 0. Windows of at most kMostInt16Pixels, so that no sum
/// overflows. input and output lie at even offsets.
struct Int16Pool2dOp {
    static constexpr uint32_t element_bytes = 2;
    OpHeader header;
    Window2d window;
    uint32_t input, output;  ///< in the arena
    Int16Range range;
};

inline constexpr uint32_t kMostInt16Pixels = 32768;

void int16_average_pool_2d(const Int16Pool2dOp& op, int8_t* arena, const uint8_t* constants);
void int16_max_pool_2d(const Int16Pool2dOp& op, int8_t* arena, const uint8_t* constants);

}  // namespace ganglion
