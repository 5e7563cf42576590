#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "model/graph.hpp"

// What every part of an exported graph is made of.

namespace ganglion::train {

template <typename T>
std::vector<uint8_t> bytes_of(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// int8 over a range that holds 0.
inline model::Quantization activation_range(float least, float greatest) {
    const float low = std::min(0.0F, least);
    const float high = std::max({0.0F, greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    const auto zero = std::clamp<int64_t>(-128 - std::lrintf(low / scale), -128, 127);
    return {{scale}, {zero}, 0};
}

}  // namespace ganglion::train
