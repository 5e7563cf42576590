#include "fleet/pki/x509.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace ganglion::fleet {
namespace {

struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, BioFree>;

[[noreturn]] void fail(const std::string& what) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error("cannot " + what + ": " + reason.data());
}

void check(bool success, const char* what) {
    if (!success) fail(what);
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    if (extension == nullptr) fail("make a certificate extension");
    const int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    check(added == 1, "add a certificate extension");
}

std::string name_of_host(const std::string& host) {
    const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
    return (is_address ? "IP:" : "DNS:") + host;
}

void add_extensions(X509* certificate, X509* issuer, Purpose purpose,
                    const std::string& common_name) {
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
    if (purpose == Purpose::authority) {
        add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
        return;
    }
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
    if (purpose == Purpose::broker) {
        add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
        std::string names = "DNS:ganglion-broker,DNS:localhost,IP:127.0.0.1,IP:10.0.2.2";
        const std::string host = name_of_host(common_name);
        if (names.find(host) == std::string::npos) names += "," + host;
        add_extension(certificate, issuer, NID_subject_alt_name, names.c_str());
    } else if (purpose == Purpose::node) {
        add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
        add_extension(certificate, issuer, NID_subject_alt_name, name_of_host(common_name).c_str());
    } else {
        add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth");
    }
}

void set_serial_number(X509* certificate) {
    std::array<unsigned char, 16> random{};
    check(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "draw random bytes");
    random[0] = static_cast<unsigned char>((random[0] & 0x3f) | 0x40);  // positive, fixed length
    BIGNUM* number = BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr);
    const bool set = number != nullptr &&
                     BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    check(set, "set a serial number");
}

std::string content(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
}

Bio memory_bio() {
    Bio bio(BIO_new(BIO_s_mem()));
    check(bio != nullptr, "allocate");
    return bio;
}

Bio reading_bio(const std::string& pem) {
    Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    check(bio != nullptr, "allocate");
    return bio;
}

}  // namespace

Key new_key() {
    Key key(EVP_EC_gen("P-256"));
    check(key != nullptr, "make a P-256 key");
    return key;
}

Certificate new_certificate(EVP_PKEY* key, const std::string& common_name, Purpose purpose,
                            X509* issuer, EVP_PKEY* issuer_key, int days) {
    Certificate certificate(X509_new());
    X509* const raw = certificate.get();
    check(raw != nullptr, "allocate");
    check(X509_set_version(raw, X509_VERSION_3) == 1, "set the certificate's version");
    set_serial_number(raw);
    constexpr long day_seconds = 24L * 3600;
    X509_gmtime_adj(X509_getm_notBefore(raw), -day_seconds);
    X509_gmtime_adj(X509_getm_notAfter(raw), day_seconds * days);
    const auto* name = reinterpret_cast<const unsigned char*>(common_name.data());
    check(X509_NAME_add_entry_by_NID(X509_get_subject_name(raw), NID_commonName, MBSTRING_UTF8,
                                     name, static_cast<int>(common_name.size()), -1, 0) == 1,
          "set the certificate's name");
    X509* const signer = issuer == nullptr ? raw : issuer;
    check(X509_set_issuer_name(raw, X509_get_subject_name(signer)) == 1, "set the issuer");
    check(X509_set_pubkey(raw, key) == 1, "set the certificate's key");
    add_extensions(raw, signer, purpose, common_name);
    check(X509_sign(raw, issuer_key, EVP_sha256()) > 0, "sign the certificate");
    return certificate;
}

std::string to_pem(EVP_PKEY* key) {
    const Bio bio = memory_bio();
    check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a key");
    return content(bio.get());
}

std::string to_pem(X509* certificate) {
    const Bio bio = memory_bio();
    check(PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
    return content(bio.get());
}

std::string to_der(EVP_PKEY* key) {
    const Bio bio = memory_bio();
    check(i2d_PrivateKey_bio(bio.get(), key) == 1, "write a key");
    return content(bio.get());
}

std::string to_der(X509* certificate) {
    const Bio bio = memory_bio();
    check(i2d_X509_bio(bio.get(), certificate) == 1, "write a certificate");
    return content(bio.get());
}

Key key_from_pem(const std::string& pem) {
    // The empty pass phrase keeps OpenSSL from asking on the terminal.
    char no_pass_phrase[] = "";
    Key key(PEM_read_bio_PrivateKey(reading_bio(pem).get(), nullptr, nullptr, no_pass_phrase));
    check(key != nullptr, "read a private key");
    return key;
}

Certificate certificate_from_pem(const std::string& pem) {
    Certificate certificate(PEM_read_bio_X509(reading_bio(pem).get(), nullptr, nullptr, nullptr));
    check(certificate != nullptr, "read a certificate");
    return certificate;
}

}  // namespace ganglion::fleet
