#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "device/update/health.hpp"
#include "device/update/manifest.hpp"
#include "device/update/state.hpp"

/// What a device and the fleet say to each other about updates (docs/protocol.md). `encode` returns
/// the bytes written, 0 where `out` is too small. `decode` takes one whole payload and returns
/// false on anything that does not follow the CDDL; unknown keys are ignored. Views point into the
/// payload.
namespace ganglion::update {

/// First bytes of a digest: names an image among the few of one fleet.
using DigestPrefix = std::array<uint8_t, 8>;

DigestPrefix prefix_of(const Digest& digest);

/// "What I have, and what I am doing."
struct UpdateStatus {
    struct Part {
        Phase phase = Phase::confirmed;
        Ended ended = Ended::none;
        uint32_t confirmed = 0;  ///< sequence that is trusted; 0: the factory's
        uint32_t floor = 0;      ///< highest sequence ever installed
        Version version{};
        DigestPrefix digest{};
    };
    struct Transfer {
        Component component = Component::bundle;
        uint32_t sequence = 0;
        uint32_t next = 0;  ///< piece
        uint32_t pieces = 0;
    };
    struct Refusal {
        uint32_t sequence = 0;  ///< 0: not even that could be read
        std::string_view why;
    };
    struct Scores {
        uint32_t sequence = 0;  ///< of the bundle that runs, on trial or not
        ScoreCounts counts;     ///< since it was taken into use in this boot
    };
    uint32_t boot = 0;
    uint32_t key_list = 0;
    std::array<Part, kComponents> parts{};
    std::optional<Transfer> transfer;
    std::optional<Refusal> refusal;  ///< of the last offer
    std::string_view deferred;       ///< why nothing is fetched or installed now; empty: it is
    std::optional<Scores> scores;
};

/// "Send me these pieces."
struct Want {
    Component component = Component::bundle;
    uint32_t sequence = 0;
    uint32_t first = 0;
    uint32_t count = 0;                ///< 1..kMaxWanted
    std::optional<DigestPrefix> base;  ///< of a delta: what it applies to
};
inline constexpr uint32_t kMaxWanted = 16;

struct Piece {
    uint32_t sequence = 0;
    uint32_t number = 0;
    std::span<const uint8_t> bytes;  ///< at most kPieceBytes
};

/// "Leave the update with this sequence": a transfer or a trial, not what is confirmed.
struct Undo {
    Component component = Component::bundle;
    uint32_t sequence = 0;
};

inline constexpr size_t kMaxUpdateStatusBytes = 256;
/// Longest message to a device: a piece with its frame, or an envelope.
inline constexpr size_t kMaxUpdateMessageBytes = kPieceBytes + 32;

size_t encode(const UpdateStatus& status, std::span<uint8_t> out);
size_t encode(const Want& want, std::span<uint8_t> out);
size_t encode(const Piece& piece, std::span<uint8_t> out);
size_t encode(const Undo& undo, std::span<uint8_t> out);

bool decode(std::span<const uint8_t> payload, UpdateStatus& status);
bool decode(std::span<const uint8_t> payload, Want& want);
bool decode(std::span<const uint8_t> payload, Piece& piece);
bool decode(std::span<const uint8_t> payload, Undo& undo);

}  // namespace ganglion::update
