#pragma once

#include <cstdint>

namespace ganglion {

constexpr uint32_t kTimeFeatureCount = 3;

/// Of `count` samples that lie `step` apart, around their mean, as log2 in 1/256: mean square (in
/// LSB^2), square of the crest factor (peak^2 / mean square), kurtosis (mean fourth power / mean
/// square squared). A stream that stands still gives zeros.
void time_features(const int16_t* samples, uint32_t count, uint32_t step, int16_t* out);

}  // namespace ganglion
