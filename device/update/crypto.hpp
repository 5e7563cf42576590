#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ganglion::update {

using Digest = std::array<uint8_t, 32>;       ///< SHA-256
using PublicKey = std::array<uint8_t, 64>;    ///< P-256 point: x and y, big-endian
using KeyId = std::array<uint8_t, 8>;         ///< first bytes of the SHA-256 of a public key
using ShortDigest = std::array<uint8_t, 16>;  ///< first bytes of a SHA-256

/// What updates need from a cryptographic library; the owner supplies it (mbedTLS on the chip,
/// OpenSSL on the host). One hash is under way at a time.
struct Crypto {
    void* context;
    void (*hash_start)(void* context);
    void (*hash_add)(void* context, std::span<const uint8_t> bytes);
    void (*hash_finish)(void* context, Digest& digest);
    /// ECDSA on P-256; `signature` is r and s, 32 bytes each, big-endian.
    bool (*verify)(void* context, const PublicKey& key, const Digest& digest,
                   std::span<const uint8_t, 64> signature);
};

/// SHA-256 in pieces.
class Hash {
  public:
    explicit Hash(const Crypto& crypto) : crypto_(crypto) { crypto_.hash_start(crypto_.context); }
    void add(std::span<const uint8_t> bytes) { crypto_.hash_add(crypto_.context, bytes); }
    Digest finish() {
        Digest digest;
        crypto_.hash_finish(crypto_.context, digest);
        return digest;
    }

  private:
    const Crypto& crypto_;
};

inline Digest sha256(const Crypto& crypto, std::span<const uint8_t> bytes) {
    Hash hash(crypto);
    hash.add(bytes);
    return hash.finish();
}

}  // namespace ganglion::update
