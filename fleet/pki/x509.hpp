#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace ganglion::fleet {

/// OpenSSL objects with their owners.
struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;

/// What a certificate is for; decides its extensions (RFC 5280, section 4.2.1).
/// A node of a cluster is server to its clients and client of the other nodes.
enum class Purpose { authority, broker, client, node };

/// A new key on the curve P-256. All functions here throw std::runtime_error with OpenSSL's own
/// reason.
Key new_key();

/// A certificate for `key` with this common name, signed by `issuer` with `issuer_key`; for
/// Purpose::authority both are the key's own and `issuer` is null. Valid from a day ago (device
/// clocks may lag) for `days`. A broker's certificate names 127.0.0.1, 10.0.2.2 (the host as
/// emulated devices see it), localhost, "ganglion-broker" and its common name as its subject's
/// alternative names, a node's its common name, a host, alone.
Certificate new_certificate(EVP_PKEY* key, const std::string& common_name, Purpose purpose,
                            X509* issuer, EVP_PKEY* issuer_key, int days);

std::string to_pem(EVP_PKEY* key);
std::string to_pem(X509* certificate);
Key key_from_pem(const std::string& pem);
Certificate certificate_from_pem(const std::string& pem);

/// SEC 1 / RFC 5915 and X.509 bytes, for devices that parse no PEM.
std::string to_der(EVP_PKEY* key);
std::string to_der(X509* certificate);

}  // namespace ganglion::fleet
