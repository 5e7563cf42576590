#pragma once

#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// A raw value to the model's int8: clamp(round((value - offset) * multiplier / 2^24)).
inline int8_t scale_feature(const FeatureScale& scale, int32_t value) {
    const int64_t product = int64_t{value - scale.offset} * scale.multiplier_q24;
    const int64_t steps = (product + (1 << 23)) >> 24;
    return static_cast<int8_t>(steps < -128 ? -128 : steps > 127 ? 127 : steps);
}

/// A whole frame; `scales`: one for all values, or one a value.
inline void scale_frame(std::span<const FeatureScale> scales, std::span<const int16_t> values,
                        int8_t* out) {
    const size_t step = scales.size() == 1 ? 0 : 1;
    const FeatureScale* scale = scales.data();
    for (const int16_t value : values) {
        *out++ = scale_feature(*scale, value);
        scale += step;
    }
}

}  // namespace ganglion
