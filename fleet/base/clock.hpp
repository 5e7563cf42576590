#pragma once

#include <chrono>
#include <cstdint>

namespace ganglion::fleet {

/// Milliseconds since 1970 in UTC, the only clock that the fleet server writes down.
inline int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace ganglion::fleet
