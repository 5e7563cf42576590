#include "compile/bundle_signature.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <vector>

namespace ganglion::compile {

namespace {

template <auto function>
struct Free {
    template <typename T>
    void operator()(T* object) const {
        function(object);
    }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using BioPointer = std::unique_ptr<BIO, Free<BIO_free_all>>;
using DigestPointer = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using SignaturePointer = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

constexpr int kNumberBytes = 32;

void demand(bool success, const char* what) {
    if (!success) throw std::runtime_error(std::string("signing: OpenSSL failed to ") + what);
}

KeyPointer checked_p256(EVP_PKEY* key, const char* what) {
    KeyPointer owned(key);
    char group[32] = {};
    size_t length = 0;
    if (owned == nullptr || EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1 ||
        std::string(group) != "prime256v1") {
        throw std::runtime_error(std::string("signing: not a P-256 ") + what +
                                 " key in PEM; make one with generate_signing_key() or "
                                 "`openssl ecparam -name prime256v1 -genkey -noout`");
    }
    return owned;
}

BioPointer reading(const std::string& text) {
    BioPointer bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    demand(bio != nullptr, "allocate");
    return bio;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
}

// No password prompt: an encrypted key is refused like any other that cannot be read.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
    return -1;
}

KeyPointer private_key(const std::string& pem) {
    const BioPointer bio = reading(pem);
    return checked_p256(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr),
                        "private");
}

Status sha256(void* /*context*/, std::span<const uint8_t> bytes, std::span<uint8_t, 32> digest) {
    unsigned int size = 0;
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return done == 1 && size == digest.size() ? Status::ok : Status::io_error;
}

Status verify(void* context, std::span<const uint8_t> message,
              std::span<const uint8_t, 64> signature) {
    // OpenSSL wants r and s in DER.
    const SignaturePointer numbers(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(signature.data(), kNumberBytes, nullptr);
    BIGNUM* s = BN_bin2bn(signature.data() + kNumberBytes, kNumberBytes, nullptr);
    if (numbers == nullptr || ECDSA_SIG_set0(numbers.get(), r, s) != 1) return Status::io_error;
    std::vector<uint8_t> der(static_cast<size_t>(i2d_ECDSA_SIG(numbers.get(), nullptr)));
    uint8_t* end = der.data();
    i2d_ECDSA_SIG(numbers.get(), &end);
    const DigestPointer digest(EVP_MD_CTX_new());
    auto* key = static_cast<EVP_PKEY*>(context);
    if (digest == nullptr ||
        EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
        return Status::io_error;
    }
    const int valid =
        EVP_DigestVerify(digest.get(), der.data(), der.size(), message.data(), message.size());
    return valid == 1 ? Status::ok : Status::bad_signature;
}

}  // namespace

struct BundleVerifier::Key {
    KeyPointer pointer;
};

std::string generate_signing_key() {
    const KeyPointer key(EVP_EC_gen("P-256"));
    demand(key != nullptr, "generate a key");
    const BioPointer bio(BIO_new(BIO_s_mem()));
    demand(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr,
                                                           0, nullptr, nullptr) == 1,
           "write a key");
    return text_of(bio.get());
}

std::string public_key_of(const std::string& private_key_pem) {
    const KeyPointer key = private_key(private_key_pem);
    const BioPointer bio(BIO_new(BIO_s_mem()));
    demand(bio != nullptr && PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1, "write a key");
    return text_of(bio.get());
}

std::array<uint8_t, 64> sign_es256(std::span<const uint8_t> message,
                                   const std::string& private_key_pem) {
    const KeyPointer key = private_key(private_key_pem);
    const DigestPointer digest(EVP_MD_CTX_new());
    size_t size = 0;
    demand(digest != nullptr &&
               EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1,
           "start a signature");
    demand(EVP_DigestSign(digest.get(), nullptr, &size, message.data(), message.size()) == 1,
           "size a signature");
    std::vector<uint8_t> der(size);
    demand(EVP_DigestSign(digest.get(), der.data(), &size, message.data(), message.size()) == 1,
           "sign");
    const uint8_t* begin = der.data();
    const SignaturePointer numbers(d2i_ECDSA_SIG(nullptr, &begin, static_cast<long>(size)));
    std::array<uint8_t, 64> signature{};
    demand(numbers != nullptr &&
               BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), signature.data(), kNumberBytes) ==
                   kNumberBytes &&
               BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), signature.data() + kNumberBytes,
                            kNumberBytes) == kNumberBytes,
           "encode a signature");
    return signature;
}

BundleVerifier::BundleVerifier(const std::string& public_key_pem) : key_(std::make_unique<Key>()) {
    const BioPointer bio = reading(public_key_pem);
    key_->pointer =
        checked_p256(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), "public");
}

BundleVerifier::~BundleVerifier() = default;

SignatureVerifier BundleVerifier::callbacks() {
    return {.context = key_->pointer.get(), .sha256 = sha256, .verify = verify};
}

}  // namespace ganglion::compile
