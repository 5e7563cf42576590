#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "device/event/cbor.hpp"

namespace ganglion {

enum class EventKind : uint8_t { decision = 0, started = 1, action = 2 };

/// A label of at most 15 bytes; longer ones are cut.
class EventLabel {
  public:
    static constexpr size_t kMaxBytes = 15;

    constexpr EventLabel() = default;
    constexpr explicit EventLabel(std::string_view text) {
        for (char c : text.substr(0, kMaxBytes)) bytes_[size_++] = c;
    }
    constexpr std::string_view view() const { return {bytes_.data(), size_}; }
    friend constexpr bool operator==(const EventLabel&, const EventLabel&) = default;

  private:
    std::array<char, kMaxBytes> bytes_{};
    uint8_t size_ = 0;
};

/// What a device says. (device, boot, sequence) names it for ever; see docs/protocol.md.
struct Event {
    uint32_t boot = 0;      ///< counts up with every start
    uint32_t sequence = 0;  ///< within the boot, from 1 without gaps
    uint64_t clock_ms = 0;  ///< device clock at the decision, ms since boot
    EventKind kind = EventKind::decision;
    EventLabel label;
    uint16_t score_permille = 0;           ///< 0..1000
    uint64_t sample = 0;                   ///< index of the last sample that the decision has seen
    std::optional<uint32_t> stop_samples;  ///< samples from that one to the stop line
    std::optional<uint32_t> stop_instructions;  ///< instructions from its arrival to the stop line

    friend bool operator==(const Event&, const Event&) = default;
};

/// Longest encoding of an event: all keys, all numbers at full width.
inline constexpr size_t kMaxEventBytes = 1 + 6 + 6 + 10 + 2 + 17 + 4 + 10 + 6 + 6;

void encode(const Event& event, CborWriter& out);
/// Reads one event item. False on anything that does not follow the CDDL; unknown keys are stepped
/// over.
bool decode(CborReader& in, Event& event);

}  // namespace ganglion
