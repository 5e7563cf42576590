#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "device/flash/flash.hpp"
#include "device/update/envelope.hpp"

namespace ganglion::update {

/// The keys whose manifests this device takes: a signed list, replaced as a whole by a newer one.
/// The root key, which the device holds for ever, signs lists and nothing else; so a release key is
/// rotated by a list that names the next one, and revoked by a list that says so. A revoked key
/// still vouches for what is installed (else revoking would stop devices), but for nothing new.
class KeyList {
  public:
    static constexpr uint32_t kMaxKeys = 4;

    struct Key {
        KeyId id{};
        PublicKey point{};
        bool revoked = false;
    };

    /// Checks the root's signature, then reads. Errors: those of Envelope, bad_value.
    Status parse(std::span<const uint8_t> envelope, const PublicKey& root, const Crypto& crypto);

    /// Null where the list does not name it.
    const Key* find(const KeyId& id) const;
    uint32_t version() const { return version_; }  ///< 0: no list

  private:
    std::array<Key, kMaxKeys> keys_{};
    uint32_t count_ = 0;
    uint32_t version_ = 0;
};

KeyId key_id_of(const PublicKey& key, const Crypto& crypto);

}  // namespace ganglion::update
