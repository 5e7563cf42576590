#pragma once

#include <algorithm>
#include <cstdint>

namespace ganglion {

/// The nearest int16: how a feature becomes a value of a frame.
constexpr int16_t narrowed(int64_t value) {
    return static_cast<int16_t>(std::clamp<int64_t>(value, INT16_MIN, INT16_MAX));
}

}  // namespace ganglion
