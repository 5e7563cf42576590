#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "device/core/status.hpp"
#include "device/update/crypto.hpp"

namespace ganglion::update {

/// Said in the signature (COSE's external_aad), so that what is signed as one thing cannot pass as
/// another.
inline constexpr std::string_view kManifestPurpose = "ganglion-update-manifest";
inline constexpr std::string_view kKeyListPurpose = "ganglion-key-list";

/// Longest envelope that a device takes, in bytes.
inline constexpr uint32_t kMaxEnvelope = 1024;

/// A tagged COSE_Sign1 (RFC 9052) with ES256 and a key id, both protected, nothing unprotected.
/// Views into the bytes it was opened from.
struct Envelope {
    KeyId key{};
    std::span<const uint8_t> payload;
    std::span<const uint8_t> signature;  ///< 64 bytes

    /// Structure only. Errors: bad_magic (not such an envelope), truncated, bad_value (bytes behind
    /// it), too_large.
    Status open(std::span<const uint8_t> bytes);

    /// ok or bad_signature.
    Status verify(std::string_view purpose, const PublicKey& signer, const Crypto& crypto) const;
};

/// Protected header: {1: -7 (ES256), 4: key id}, as it stands in the envelope behind its tag.
inline constexpr std::array<uint8_t, 8> kEnvelopePrefix = {0xd2, 0x84, 0x4d, 0xa2,
                                                           0x01, 0x26, 0x04, 0x48};

/// Hash of the Sig_structure ["Signature1", protected, external_aad, payload]: what is signed.
Digest signed_digest(std::string_view purpose, const KeyId& key, std::span<const uint8_t> payload,
                     const Crypto& crypto);

}  // namespace ganglion::update
