#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/core/status.hpp"
#include "device/update/crypto.hpp"
#include "device/update/health.hpp"

namespace ganglion::update {

enum class Component : uint8_t { bundle = 0, firmware = 1 };
inline constexpr uint32_t kComponents = 2;

using Version = std::array<uint32_t, 3>;  ///< major, minor, patch; compares in this order
using Uuid = std::array<uint8_t, 16>;

/// Transfer comes in pieces of this many bytes (the last of each kind may be shorter).
inline constexpr uint32_t kPieceBytes = 1024;
/// Chunks whose digests one piece of the index holds.
inline constexpr uint32_t kDigestsPerPiece = kPieceBytes / sizeof(ShortDigest);

constexpr uint32_t pieces_of(uint32_t bytes) {
    return bytes / kPieceBytes + (bytes % kPieceBytes != 0 ? 1 : 0);
}

enum class Format : uint8_t { full = 0, delta = 1 };

/// What is transferred: the image itself or a delta, cut into chunks of kPieceBytes. The digests of
/// the chunks are the index; it is cut into pieces too, and the manifest holds their digests.
struct Payload {
    Format format = Format::full;
    uint32_t bytes = 0;
    uint32_t index_digests_at = 0;  ///< where they lie in the manifest's own bytes
    Digest base{};                  ///< delta: the image that it applies to

    uint32_t chunks() const { return pieces_of(bytes); }
    uint32_t index_bytes() const { return chunks() * uint32_t{sizeof(ShortDigest)}; }
    uint32_t index_pieces() const { return pieces_of(index_bytes()); }
    uint32_t pieces() const { return index_pieces() + chunks(); }
};

struct Dependency {
    Component component;
    Version at_least;
};

/// The part of a manifest that says what an image is and where it may run: all that a boot loader
/// needs, whose room is small.
struct ImageFacts {
    uint32_t sequence = 0;  ///< rises with every manifest for a component
    Uuid vendor{};
    Uuid hardware_class{};
    Component component = Component::bundle;
    uint32_t image_bytes = 0;
    Digest image_digest{};
    uint32_t starts = 0;  ///< HealthRule::starts

    /// From the payload of an envelope that was parsed as a whole before. False where it is none.
    bool parse(std::span<const uint8_t> bytes);
};

/// What an update is, for whom, and under which conditions: the information of SUIT (RFC 9124), as
/// a map of CBOR (docs/update.md).
struct Manifest : ImageFacts {
    static constexpr uint32_t kMaxDependencies = 2;
    std::array<char, 32> device{};  ///< for this device alone; empty: for all of the class
    uint32_t device_bytes = 0;
    Version version{};
    Payload payload;
    std::array<Dependency, kMaxDependencies> dependencies{};
    uint32_t dependency_count = 0;
    bool downgrade = false;  ///< may replace a higher version
    HealthRule health;

    /// The payload of an envelope; strict: unknown keys are refused. Errors: bad_version,
    /// bad_value.
    Status parse(std::span<const uint8_t> bytes);

    std::string_view device_id() const { return {device.data(), device_bytes}; }
};

}  // namespace ganglion::update
