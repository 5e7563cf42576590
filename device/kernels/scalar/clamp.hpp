#pragma once

#include "device/kernels/packed.hpp"

namespace ganglion::scalar {

/// Clamps outputs, already saturated to int8, to a range that is narrower than int8.
inline void clamp(int8_t* values, uint32_t count, const OutputRange& range) {
    if (range.minimum == -128 && range.maximum == 127) return;
    for (; count > 0; --count, ++values) *values = clamp_to(range, *values);
}

}  // namespace ganglion::scalar
