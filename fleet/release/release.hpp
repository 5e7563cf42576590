#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "device/update/manifest.hpp"
#include "fleet/release/object_store.hpp"

namespace ganglion::fleet {

/// What a device is sent: a signed manifest, the index, and chunks (docs/update.md), by digest.
struct PackageObjects {
    std::string manifest, index, payload;  ///< SHA-256 of each object
    std::string base;    ///< first 16 hex digits of the image that a delta applies to; empty: whole
    uint64_t bytes = 0;  ///< of all three
};

/// One version of a bundle or of the firmware, for every device of a class, and the way back.
/// Content-addressed: `id` is the SHA-256 of the description, which names every part by digest.
struct Release {
    std::string id;
    std::string name;
    update::Component component = update::Component::bundle;
    uint32_t sequence = 0;
    update::Version version{};
    std::string note;
    std::vector<PackageObjects> packages;  ///< the whole image first, then deltas
    uint32_t back_sequence = 0;            ///< 0: there is no way back
    update::Version back_version{};
    std::vector<PackageObjects> back;  ///< the version before, signed as a downgrade
    std::string card, report;          ///< objects; empty: none
    std::string key;                   ///< 128 hex digits: the public point that signed it all
    int64_t created_ms = 0;
    std::vector<update::Dependency> dependencies;  ///< from the manifest
};

/// The description as it is hashed and signed: RFC 8785's form, as nlohmann::json writes it.
std::string description_of(const Release& release);

/// Reads a description and fills in its id. Throws std::runtime_error saying what is wrong.
Release read_release(const std::string& description);

/// Checks all that devices will check, as far as it can be known here: signatures of description
/// and manifests by `release.key`, digests of index and chunks, and that all say the same. Throws
/// std::runtime_error with the first fault. Fills in `dependencies`.
void check_release(Release& release, const std::string& signature_hex, const ObjectStore& objects);

std::string version_text(const update::Version& version);
/// Throws std::runtime_error for anything but three numbers with dots between.
update::Version version_of(const std::string& text);

std::string hex_of(std::span<const uint8_t> bytes);
/// Throws std::runtime_error for anything but pairs of hexadecimal digits.
std::vector<uint8_t> bytes_of_hex(std::string_view text);

}  // namespace ganglion::fleet
