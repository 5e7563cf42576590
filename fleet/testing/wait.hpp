#pragma once

#include <chrono>
#include <thread>

namespace ganglion::fleet::testing {

/// Long enough for a loaded machine under a sanitizer; a test that passes never waits so long.
inline constexpr auto kPatience = std::chrono::seconds(30);

/// True as soon as `condition` holds, false when it does not within `limit`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = kPatience) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
}

}  // namespace ganglion::fleet::testing
