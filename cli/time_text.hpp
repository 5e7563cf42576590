#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <string>

namespace ganglion::cli {

/// "2026-03-01 14:05:09" in local time, from milliseconds since 1970.
inline std::string date_text(int64_t time_ms) {
    const auto seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm local{};
    localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    const size_t size = std::strftime(text.data(), text.size(), "%F %T", &local);
    return {text.data(), size};
}

}  // namespace ganglion::cli
