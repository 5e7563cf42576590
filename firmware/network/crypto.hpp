#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "device/bundle/bundle.hpp"
#include "device/core/status.hpp"
#include "device/update/crypto.hpp"

/// What mbedTLS needs from the board, and what the agent needs from mbedTLS.
namespace ganglion::firmware::crypto {

/// Call once, before anything else here. `unix_time`: seconds since 1970 at boot. `seed` and `boot`
/// make the random numbers, which are as good as the seed is secret: the emulated board has no
/// source of entropy of its own.
void start(uint64_t unix_time, const std::array<uint8_t, 32>& seed, uint32_t boot);

/// Seconds since 1970, as far as the board knows.
uint64_t unix_time();

/// Trusts bundles signed by the P-256 key in `public_key_pem` (with its zero byte), which must stay
/// where it is.
SignatureVerifier bundle_verifier(std::string_view& public_key_pem);

/// What updates need. One user at a time, in thread mode.
update::Crypto update_crypto();

}  // namespace ganglion::firmware::crypto
