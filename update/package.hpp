#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/update/keys.hpp"
#include "device/update/manifest.hpp"

namespace ganglion::update {

/// What a device is sent: the signed manifest, then pieces by number.
struct Package {
    Manifest description;
    std::vector<uint8_t> manifest;  ///< envelope
    std::vector<uint8_t> index;
    std::vector<uint8_t> payload;

    std::span<const uint8_t> piece(uint32_t number) const;
    /// All that is transferred.
    size_t bytes() const { return manifest.size() + index.size() + payload.size(); }
};

/// `payload` in a signed envelope (update::Envelope) that says what it is for. Throws
/// std::runtime_error: longer than a device takes, a bad key.
std::vector<uint8_t> seal(std::string_view purpose, std::span<const uint8_t> payload,
                          const std::string& signing_key_pem);

/// Signs an update of `image` as `description` says, whose fields on image and payload are filled
/// in here. With `base`, the transfer is a delta from it. Throws std::runtime_error where the
/// description cannot be said (too long an envelope, an empty image, a bad key).
Package make_package(const Manifest& description, std::span<const uint8_t> image,
                     const std::string& signing_key_pem,
                     std::optional<std::span<const uint8_t>> base = std::nullopt);

struct ListedKey {
    PublicKey point;
    bool revoked = false;
};

/// A key list, signed by the root. Throws std::runtime_error: no key or more than
/// KeyList::kMaxKeys, version 0, a bad key.
std::vector<uint8_t> make_key_list(uint32_t version, std::span<const ListedKey> keys,
                                   const std::string& root_key_pem);

}  // namespace ganglion::update
