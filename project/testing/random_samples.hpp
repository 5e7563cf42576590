#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ganglion::tests {

/// Deterministic noise for golden vectors: a 32-bit linear congruential generator (Numerical
/// Recipes' constants), its upper bits spread over -amplitude..amplitude. Equal on every machine
/// for ever.
inline std::vector<int16_t> random_samples(size_t count, uint32_t amplitude, uint32_t seed) {
    std::vector<int16_t> samples(count);
    for (int16_t& sample : samples) {
        seed = seed * 1664525U + 1013904223U;
        const auto value = static_cast<int32_t>((seed >> 8U) % (2U * amplitude + 1U));
        sample = static_cast<int16_t>(value - static_cast<int32_t>(amplitude));
    }
    return samples;
}

}  // namespace ganglion::tests
