#pragma once

#include <string>
#include <string_view>

// Passwords and random secrets, with OpenSSL's primitives.

namespace ganglion::fleet {

/// "scrypt$15$8$1$<salt>$<key>" (RFC 7914: N = 2^15, r = 8, p = 1; salt 16 and key 32 random bytes
/// in hex): about 50 ms and 32 MB to try one password.
std::string hash_password(std::string_view password);

/// False for another password, and for a hash that is none.
bool is_password(std::string_view password, std::string_view hash);

/// 32 random bytes in hex behind `prefix`. Throws std::runtime_error where the system gives none.
std::string new_secret(std::string_view prefix);

/// SHA-256 in hex: how secrets with 256 bits of their own are kept.
std::string digest_of(std::string_view secret);

}  // namespace ganglion::fleet
