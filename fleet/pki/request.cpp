#include "fleet/pki/request.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <stdexcept>

namespace ganglion::fleet {
namespace {

constexpr int64_t kListSeconds = int64_t{20} * 365 * 24 * 3600;

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using List = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>>;
using Time = std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>>;

void check(bool success, const char* what) {
    if (success) return;
    ERR_clear_error();
    throw std::runtime_error(std::string("cannot ") + what);
}

std::string content(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Time time_of(int64_t seconds) {
    Time time(ASN1_TIME_set(nullptr, static_cast<std::time_t>(seconds)));
    check(time != nullptr, "write a time");
    return time;
}

/// `serial` becomes the list's.
void add_revoked(X509_CRL* list, const std::string& serial, const ASN1_TIME* when) {
    BIGNUM* raw = nullptr;
    check(BN_hex2bn(&raw, serial.c_str()) > 0, "read a serial number");
    const Number number(raw);
    const Integer integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
    X509_REVOKED* revoked = X509_REVOKED_new();
    const bool added =
        integer && revoked != nullptr &&
        X509_REVOKED_set_serialNumber(revoked, integer.get()) == 1 &&
        X509_REVOKED_set_revocationDate(revoked, const_cast<ASN1_TIME*>(when)) == 1 &&
        X509_CRL_add0_revoked(list, revoked) == 1;
    if (!added) X509_REVOKED_free(revoked);
    check(added, "revoke a certificate");
}

}  // namespace

std::string new_request(EVP_PKEY* key, const std::string& common_name) {
    const Request request(X509_REQ_new());
    check(request != nullptr, "allocate");
    X509_NAME* name = X509_REQ_get_subject_name(request.get());
    check(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes_of(common_name),
                                     static_cast<int>(common_name.size()), -1, 0) == 1,
          "name a request");
    check(X509_REQ_set_pubkey(request.get(), key) == 1 &&
              X509_REQ_sign(request.get(), key, EVP_sha256()) > 0,
          "sign a request");
    const Bio bio(BIO_new(BIO_s_mem()));
    check(bio && PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1, "write a request");
    return content(bio.get());
}

Key key_of_request(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    check(request != nullptr, "read the certificate signing request");
    Key key(X509_REQ_get_pubkey(request.get()));
    check(key && X509_REQ_verify(request.get(), key.get()) == 1,
          "believe a request that is not signed with its own key");
    std::array<char, 32> curve{};
    size_t size = 0;
    const bool fits = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC &&
                      EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), &size) == 1 &&
                      std::string_view(curve.data(), size) == "prime256v1";
    check(fits, "take a key that is not on the curve P-256");
    return key;
}

CertificateFacts facts_of(X509* certificate) {
    CertificateFacts facts;
    const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    char* hex = number ? BN_bn2hex(number.get()) : nullptr;
    check(hex != nullptr, "read a serial number");
    facts.serial = hex;
    OPENSSL_free(hex);
    std::array<char, 128> name{};
    const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                               name.data(), static_cast<int>(name.size()));
    if (size > 0) facts.common_name.assign(name.data(), static_cast<size_t>(size));
    std::tm end{};
    check(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1, "read a date");
    facts.not_after_ms = int64_t{timegm(&end)} * 1000;
    return facts;
}

bool is_signed_by(X509* certificate, X509* authority) {
    const Key key(X509_get_pubkey(authority));
    const bool good = X509_verify(certificate, key.get()) == 1 &&
                      X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
    ERR_clear_error();
    return good;
}

bool is_for_key(X509* certificate, EVP_PKEY* key) {
    const Key own(X509_get_pubkey(certificate));
    return own && EVP_PKEY_eq(own.get(), key) == 1;
}

std::string sign(EVP_PKEY* key, std::string_view message) {
    const Digest digest(EVP_MD_CTX_new());
    size_t size = 0;
    check(digest && EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
              EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(message), message.size()) == 1,
          "sign");
    std::string signature(size, '\0');
    check(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes_of(message), message.size()) == 1,
          "sign");
    signature.resize(size);
    return signature;
}

bool is_signature(EVP_PKEY* key, std::string_view message, std::string_view signature) {
    const Digest digest(EVP_MD_CTX_new());
    const bool good =
        digest && EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(message),
                         message.size()) == 1;
    ERR_clear_error();
    return good;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::string code(32, '\0');
    unsigned int size = 0;
    check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message),
               message.size(), reinterpret_cast<unsigned char*>(code.data()), &size) != nullptr,
          "compute a code");
    return code;
}

bool is_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(size));
    return text;
}

std::string from_base64(const std::string& text) {
    std::string bytes(text.size(), '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text),
                                     static_cast<int>(text.size()));
    check(size >= 0 && text.size() % 4 == 0, "read base64");
    size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    bytes.resize(static_cast<size_t>(size) - padding);
    return bytes;
}

std::string new_revocation_list(const std::vector<std::string>& serials, int64_t issued_s,
                                X509* authority, EVP_PKEY* authority_key) {
    const List list(X509_CRL_new());
    const Time issued = time_of(issued_s);
    const Time next = time_of(issued_s + kListSeconds);
    check(list && X509_CRL_set_version(list.get(), 1) == 1 &&
              X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority)) == 1 &&
              X509_CRL_set1_lastUpdate(list.get(), issued.get()) == 1 &&
              X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1,
          "make a revocation list");
    for (const std::string& serial : serials) add_revoked(list.get(), serial, issued.get());
    X509_CRL_sort(list.get());
    check(X509_CRL_sign(list.get(), authority_key, EVP_sha256()) > 0, "sign the revocation list");
    const Bio bio(BIO_new(BIO_s_mem()));
    check(bio && PEM_write_bio_X509_CRL(bio.get(), list.get()) == 1, "write the revocation list");
    return content(bio.get());
}

std::set<std::string> revoked_serials(const std::string& list_pem, X509* authority) {
    const Bio bio(BIO_new_mem_buf(list_pem.data(), static_cast<int>(list_pem.size())));
    const List list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    check(list && X509_CRL_verify(list.get(), X509_get0_pubkey(authority)) == 1,
          "believe a revocation list that the authority has not signed");
    std::set<std::string> serials;
    const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
        const X509_REVOKED* one = sk_X509_REVOKED_value(revoked, i);
        const Number number(ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(one), nullptr));
        char* hex = number ? BN_bn2hex(number.get()) : nullptr;
        check(hex != nullptr, "read a serial number");
        serials.emplace(hex);
        OPENSSL_free(hex);
    }
    return serials;
}

}  // namespace ganglion::fleet
