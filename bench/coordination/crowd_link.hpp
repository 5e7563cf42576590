#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace ganglion::bench::grid {

/// What a crowd and one of its processes say to each other, over a socket that keeps messages
/// whole and in order.
struct CrowdMessage {
    enum class Kind : uint8_t {
        begin,         ///< to it: JSON of port, folder of the identities, leaf to hear
        member,        ///< to it: the member of this number has this id
        publish,       ///< to it: this payload on the leaf
        connected,     ///< from it: the member can hear
        heard,         ///< from it: this payload came
        acknowledged,  ///< from it: the broker has taken one
    };
    Kind kind = Kind::begin;
    uint32_t member = 0;
    std::string leaf;  ///< at most 31 letters
    std::vector<uint8_t> payload;
};

/// The other side is gone.
struct LinkEnded : std::runtime_error {
    LinkEnded() : std::runtime_error("crowd: a process has ended") {}
};

/// Waits for room. Throws LinkEnded, or std::runtime_error where it is too long.
void send(int link, CrowdMessage::Kind kind, uint32_t member, const std::string& leaf = {},
          std::span<const uint8_t> payload = {});

/// The next; with `wait` false nothing where none has come yet. Throws LinkEnded.
std::optional<CrowdMessage> receive(int link, bool wait);

/// A process's whole life as some of the members: ends with it when the other side is gone.
[[noreturn]] void live_as_members(int link);

}  // namespace ganglion::bench::grid
