#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "device/features/feature_section.hpp"

namespace ganglion {

/// A raw value to the model's int8: clamp(round((value - offset) * multiplier / 2^24)).
inline int8_t scale_feature(const FeatureScale& scale, int32_t value) {
    const int64_t product = int64_t{value - scale.offset} * scale.multiplier_q24;
    auto steps = static_cast<int32_t>((product + (1 << 23)) >> 24);  // below 2^26
#if defined(__thumb2__)
    asm("ssat %0, #8, %0" : "+r"(steps));
#else
    steps = std::clamp<int32_t>(steps, -128, 127);
#endif
    return static_cast<int8_t>(steps);
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
