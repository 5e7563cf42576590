#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ganglion::fleet {

/// Longest line that a device may send, without its end.
inline constexpr size_t kMaxLine = 512;

/// What a device that has no network of its own says of one event.
struct LineEvent {
    std::string device;
    std::optional<uint64_t> number;  ///< of the event, by the device; grows for ever
    std::string label;               ///< as an event's: at most 15 bytes
    uint16_t score_permille = 0;
    uint64_t sample = 0;
};

/// Reads {"device":"press-3","number":17,"label":"overheat","score":870,"sample":5}; `number`,
/// `score` and `sample` may be left out. Else says what is wrong with it.
std::variant<LineEvent, std::string> parse_line(std::string_view line);

}  // namespace ganglion::fleet
