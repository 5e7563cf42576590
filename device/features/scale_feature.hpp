#pragma once

#include <cstdint>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// A log energy in 1/256 to int8: clamp(round((value - offset) * steps)), with the header's offset
/// and steps.
inline int8_t scale_feature(const FeatureHeader& header, int32_t value_q8) {
    const int32_t steps = ((value_q8 - header.offset_q8) * header.steps_q8 + (1 << 15)) >> 16;
    return static_cast<int8_t>(steps < -128 ? -128 : steps > 127 ? 127 : steps);
}

}  // namespace ganglion
