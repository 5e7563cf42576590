#include "update/host_crypto.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

namespace ganglion::update {
namespace {

template <auto function>
struct Free {
    template <typename T>
    void operator()(T* object) const {
        function(object);
    }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using HashContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using SignaturePointer = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using BioPointer = std::unique_ptr<BIO, Free<BIO_free_all>>;

// Uncompressed: 4, x, y.
using EncodedPoint = std::array<uint8_t, 65>;

KeyPointer key_from(const PublicKey& point) {
    EncodedPoint encoded{4};
    std::copy(point.begin(), point.end(), encoded.begin() + 1);
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
        OSSL_PARAM_construct_end()};
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return nullptr;
    return KeyPointer(key);
}

std::vector<uint8_t> der_of(std::span<const uint8_t, 64> signature) {
    const SignaturePointer numbers(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(signature.data(), 32, nullptr);
    BIGNUM* s = BN_bin2bn(signature.data() + 32, 32, nullptr);
    if (numbers == nullptr || ECDSA_SIG_set0(numbers.get(), r, s) != 1) return {};
    std::vector<uint8_t> der(static_cast<size_t>(i2d_ECDSA_SIG(numbers.get(), nullptr)));
    uint8_t* end = der.data();
    i2d_ECDSA_SIG(numbers.get(), &end);
    return der;
}

}  // namespace

struct HostCrypto::Impl {
    HashContext hash{EVP_MD_CTX_new()};
    std::map<PublicKey, KeyPointer> keys;

    static Impl& of(void* context) { return *static_cast<Impl*>(context); }

    bool verify(const PublicKey& point, const Digest& digest,
                std::span<const uint8_t, 64> signature) {
        KeyPointer& key = keys[point];
        if (key == nullptr) key = key_from(point);
        if (key == nullptr) return false;
        const KeyContext verifying(EVP_PKEY_CTX_new(key.get(), nullptr));
        const std::vector<uint8_t> der = der_of(signature);
        return verifying != nullptr && EVP_PKEY_verify_init(verifying.get()) == 1 &&
               EVP_PKEY_verify(verifying.get(), der.data(), der.size(), digest.data(),
                               digest.size()) == 1;
    }
};

HostCrypto::HostCrypto() : impl_(std::make_unique<Impl>()) {
    if (impl_->hash == nullptr) throw std::runtime_error("updates: OpenSSL failed to allocate");
}

HostCrypto::~HostCrypto() = default;

Crypto HostCrypto::callbacks() {
    return {
        .context = impl_.get(),
        .hash_start =
            [](void* context) {
                EVP_DigestInit_ex(Impl::of(context).hash.get(), EVP_sha256(), nullptr);
            },
        .hash_add =
            [](void* context, std::span<const uint8_t> bytes) {
                EVP_DigestUpdate(Impl::of(context).hash.get(), bytes.data(), bytes.size());
            },
        .hash_finish =
            [](void* context, Digest& digest) {
                EVP_DigestFinal_ex(Impl::of(context).hash.get(), digest.data(), nullptr);
            },
        .verify =
            [](void* context, const PublicKey& key, const Digest& digest,
               std::span<const uint8_t, 64> signature) {
                return Impl::of(context).verify(key, digest, signature);
            },
    };
}

PublicKey public_point_of(const std::string& key_pem) {
    const auto read = [&](auto function) {
        const BioPointer bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
        return KeyPointer(bio == nullptr ? nullptr
                                         : function(bio.get(), nullptr, nullptr, nullptr));
    };
    KeyPointer key = read(PEM_read_bio_PUBKEY);
    if (key == nullptr) key = read(PEM_read_bio_PrivateKey);
    EncodedPoint encoded{};
    size_t bytes = 0;
    char group[32] = {};
    size_t length = 0;
    if (key == nullptr || EVP_PKEY_get_group_name(key.get(), group, sizeof group, &length) != 1 ||
        std::string(group) != "prime256v1" ||
        EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                        encoded.size(), &bytes) != 1 ||
        bytes != encoded.size() || encoded[0] != 4)
        throw std::runtime_error(
            "updates: not a P-256 key in PEM; make one with "
            "`openssl ecparam -name prime256v1 -genkey -noout`");
    PublicKey point;
    std::copy(encoded.begin() + 1, encoded.end(), point.begin());
    return point;
}

}  // namespace ganglion::update
