#include "fleet/access/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace ganglion::fleet {
namespace {

constexpr std::string_view kScheme = "scrypt$15$8$1$";
constexpr uint64_t kRounds = uint64_t{1} << 15;
constexpr uint64_t kBlockSize = 8;
constexpr uint64_t kParallel = 1;
constexpr uint64_t kMostMemory = uint64_t{64} << 20;

using Salt = std::array<unsigned char, 16>;
using DerivedKey = std::array<unsigned char, 32>;

template <typename Bytes>
std::string hex(const Bytes& bytes) {
    std::string text;
    for (unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

template <typename Bytes>
bool from_hex(std::string_view text, Bytes& bytes) {
    if (text.size() != 2 * bytes.size()) return false;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* const begin = text.data() + 2 * i;
        const auto [end, error] = std::from_chars(begin, begin + 2, bytes[i], 16);
        if (error != std::errc() || end != begin + 2) return false;
    }
    return true;
}

template <typename Bytes>
Bytes random_bytes() {
    Bytes bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("the system gives no random bytes");
    return bytes;
}

DerivedKey derive(std::string_view password, const Salt& salt) {
    DerivedKey key{};
    if (EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), kRounds,
                       kBlockSize, kParallel, kMostMemory, key.data(), key.size()) != 1) {
        throw std::runtime_error("a password could not be hashed: not enough memory?");
    }
    return key;
}

}  // namespace

std::string hash_password(std::string_view password) {
    const auto salt = random_bytes<Salt>();
    return std::string(kScheme) + hex(salt) + "$" + hex(derive(password, salt));
}

bool is_password(std::string_view password, std::string_view hash) {
    Salt salt{};
    DerivedKey expected{};
    if (hash.substr(0, kScheme.size()) != kScheme) return false;
    hash.remove_prefix(kScheme.size());
    const size_t middle = hash.find('$');
    if (middle == std::string_view::npos || !from_hex(hash.substr(0, middle), salt) ||
        !from_hex(hash.substr(middle + 1), expected)) {
        return false;
    }
    const DerivedKey key = derive(password, salt);
    return CRYPTO_memcmp(key.data(), expected.data(), key.size()) == 0;
}

std::string new_secret(std::string_view prefix) {
    return std::string(prefix) + hex(random_bytes<DerivedKey>());
}

std::string digest_of(std::string_view secret) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
    return hex(digest);
}

}  // namespace ganglion::fleet
