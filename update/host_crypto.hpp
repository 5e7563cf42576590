#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device/update/crypto.hpp"

namespace ganglion::update {

/// The host's cryptography behind updates, on OpenSSL.
class HostCrypto {
  public:
    HostCrypto();
    ~HostCrypto();
    HostCrypto(const HostCrypto&) = delete;
    HostCrypto& operator=(const HostCrypto&) = delete;

    /// Valid as long as this object; one thread.
    Crypto callbacks();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The point of a P-256 key in PEM, private or public. Throws std::runtime_error for anything else.
PublicKey public_point_of(const std::string& key_pem);

}  // namespace ganglion::update
