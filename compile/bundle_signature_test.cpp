#include "compile/bundle_signature.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace ganglion::compile {
namespace {

// RFC 6979, A.2.5: P-256, SHA-256, message "sample" — a signature that this code did not make.
const char* const rfc_public_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n"
    "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END PUBLIC KEY-----\n";
const std::string rfc_signature =
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";

std::array<uint8_t, 64> from_hex(const std::string& text) {
    std::array<uint8_t, 64> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
    }
    return bytes;
}

std::vector<uint8_t> message(const std::string& text) {
    return {text.begin(), text.end()};
}

TEST(BundleSignature, VerifiesThePublishedVector) {
    BundleVerifier verifier(rfc_public_key);
    const SignatureVerifier callbacks = verifier.callbacks();
    auto signature = from_hex(rfc_signature);
    EXPECT_EQ(callbacks.verify(callbacks.context, message("sample"), signature), Status::ok);
    EXPECT_EQ(callbacks.verify(callbacks.context, message("Sample"), signature),
              Status::bad_signature);
    for (size_t i = 0; i < signature.size(); ++i) {
        signature[i] ^= 1U;
        EXPECT_EQ(callbacks.verify(callbacks.context, message("sample"), signature),
                  Status::bad_signature);
        signature[i] ^= 1U;
    }
    EXPECT_EQ(callbacks.verify(callbacks.context, message("sample"), std::array<uint8_t, 64>{}),
              Status::bad_signature);
}

TEST(BundleSignature, SignsForItsOwnKeyOnly) {
    const std::string key = generate_signing_key();
    const std::string other = generate_signing_key();
    EXPECT_NE(key, other);
    const auto signature = sign_es256(message("a bundle"), key);
    BundleVerifier verifier(public_key_of(key));
    BundleVerifier stranger(public_key_of(other));
    const SignatureVerifier own = verifier.callbacks();
    const SignatureVerifier foreign = stranger.callbacks();
    EXPECT_EQ(own.verify(own.context, message("a bundle"), signature), Status::ok);
    EXPECT_EQ(foreign.verify(foreign.context, message("a bundle"), signature),
              Status::bad_signature);
}

TEST(BundleSignature, HashesAsTheStandardSays) {
    BundleVerifier verifier(rfc_public_key);
    const SignatureVerifier callbacks = verifier.callbacks();
    std::array<uint8_t, 32> digest{};
    ASSERT_EQ(callbacks.sha256(callbacks.context, message("abc"), digest), Status::ok);
    EXPECT_EQ(digest[0], 0xBA);  // FIPS 180-2, B.1
    EXPECT_EQ(digest[1], 0x78);
    EXPECT_EQ(digest[31], 0xAD);
}

TEST(BundleSignature, RefusesOtherKeys) {
    EXPECT_THROW(BundleVerifier("no key"), std::runtime_error);
    EXPECT_THROW(BundleVerifier{generate_signing_key()}, std::runtime_error);
    EXPECT_THROW(public_key_of(rfc_public_key), std::runtime_error);
    EXPECT_THROW(public_key_of(""), std::runtime_error);
    const std::string p384 =  // openssl ecparam -name secp384r1 -genkey | openssl ec -pubout
        "-----BEGIN PUBLIC KEY-----\n"
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAERb5g6JUUcCHVIEbL96o3u1wT3oDTOuc0\n"
        "F08h7VepkQFgnt3DTNcnjHzihtl28whnpwjN8xL8ptL+SeYSMG1pl8TpymZqJDsn\n"
        "HauYQPaBG/DYdEa8JoHfZU4YJ/h2j/as\n"
        "-----END PUBLIC KEY-----\n";
    EXPECT_THROW(BundleVerifier{p384}, std::runtime_error);
}

}  // namespace
}  // namespace ganglion::compile
