#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "device/bundle/bundle.hpp"

namespace ganglion::compile {

/// A new EC P-256 private key, PKCS#8 PEM.
std::string generate_signing_key();

/// The public half of a private key, SubjectPublicKeyInfo PEM. Throws std::runtime_error for
/// anything but P-256.
std::string public_key_of(const std::string& private_key_pem);

/// ES256 (ECDSA P-256, SHA-256): r and s, 32 bytes each, big-endian.
std::array<uint8_t, 64> sign_es256(std::span<const uint8_t> message,
                                   const std::string& private_key_pem);

/// The host's crypto behind Bundle::load(), on OpenSSL.
class BundleVerifier {
  public:
    /// Throws std::runtime_error where the text is not a P-256 public key.
    explicit BundleVerifier(const std::string& public_key_pem);
    ~BundleVerifier();
    BundleVerifier(const BundleVerifier&) = delete;
    BundleVerifier& operator=(const BundleVerifier&) = delete;

    /// For Bundle::load(); valid as long as this object.
    SignatureVerifier callbacks();

  private:
    struct Key;
    std::unique_ptr<Key> key_;
};

}  // namespace ganglion::compile
