#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/store/records.hpp"

namespace ganglion::fleet {

/// The parts of "ganglion/1/<device>/<channel>".
struct Topic {
    std::string device;
    std::string channel;
};

/// Nothing for a topic that is not of this protocol or names no valid device.
std::optional<Topic> parse_topic(std::string_view topic);

/// Reads the payload that came on this channel ("event", "status", "report", "gate"); `retained` is
/// the broker's mark. What does not follow docs/protocol.md comes back as RejectedMessage: also
/// numbers from 2^53 on (JSON has no room for them) and text that is not UTF-8. Nothing for a
/// channel that the server does not listen to.
std::optional<Content> decode_content(std::string_view channel, std::span<const uint8_t> payload,
                                      bool retained);

/// True when the bytes are well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace ganglion::fleet
