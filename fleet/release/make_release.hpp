#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/release/release.hpp"

namespace ganglion::fleet {

/// What a release is made of. Everything here happens where the signing key is, which is not the
/// server.
struct ReleaseParts {
    std::string name;
    std::string note;
    /// Vendor, class, component, version, sequence, dependencies, health. What is on the image is
    /// filled in.
    update::Manifest description;
    std::vector<uint8_t> image;
    /// What devices may hold now: each becomes a delta, where that is smaller.
    std::vector<std::vector<uint8_t>> bases;
    /// The image to go back to (a base as a rule), its version; nothing: no way back.
    std::optional<std::vector<uint8_t>> back;
    update::Version back_version{};
    std::string card, report;  ///< texts; empty: none
};

struct SignedRelease {
    Release release;
    std::string description;
    std::string signature;  ///< hex
};

/// Makes packages, deltas and the way back (sequence + 1, signed as a downgrade), puts all into
/// `objects`, signs. Throws std::runtime_error where something cannot be said.
SignedRelease make_release(const ReleaseParts& parts, const std::string& signing_key_pem,
                           ObjectStore& objects, int64_t now_ms);

}  // namespace ganglion::fleet
