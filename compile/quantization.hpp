#pragma once

#include <cstdint>

#include "device/kernels/op.hpp"
#include "model/graph.hpp"

namespace ganglion::compile {

/// real = multiplier * 2^(shift - 31).
struct Multiplier {
    int32_t multiplier;  ///< 0 or in [2^30, 2^31)
    int32_t shift;       ///< [-31, 30]
};

/// Nearest representation of a real factor >= 0, rounded as the TFLite reference rounds. Throws
/// std::runtime_error for factors of 2^30 and more.
Multiplier quantize_multiplier(double real);

/// Largest |difference| whose scaled value still has `integer_bits` integer bits after a left
/// shift.
int32_t input_radius(int32_t integer_bits, int32_t left_shift);

/// Zero point and the clamp a fused activation means in a quantization. Throws std::runtime_error
/// for activations that are not a clamp.
OutputRange output_range(model::Activation activation, float scale, int32_t zero_point);

/// The same for int16 with zero point 0.
Int16Range int16_range(model::Activation activation, float scale);

}  // namespace ganglion::compile
