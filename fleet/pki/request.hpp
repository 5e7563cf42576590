#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {

/// A certificate signing request (PKCS #10, RFC 2986) for this key, as PEM. The name in it is a
/// wish: the authority decides.
std::string new_request(EVP_PKEY* key, const std::string& common_name);

/// The request's public key. Throws std::runtime_error where it is no request, is not signed with
/// its own key, or its key is not on P-256.
Key key_of_request(const std::string& pem);

/// What a certificate says.
struct CertificateFacts {
    std::string serial;  ///< hexadecimal
    std::string common_name;
    int64_t not_after_ms = 0;
};
CertificateFacts facts_of(X509* certificate);

/// Whether `authority` has signed it and it has not expired.
bool is_signed_by(X509* certificate, X509* authority);
/// Whether the certificate is for this key.
bool is_for_key(X509* certificate, EVP_PKEY* key);

/// ECDSA with SHA-256 (DER), and whether a signature is the key's.
std::string sign(EVP_PKEY* key, std::string_view message);
bool is_signature(EVP_PKEY* key, std::string_view message, std::string_view signature);

/// HMAC-SHA-256, 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);
/// In time that does not tell where they differ.
bool is_equal(std::string_view a, std::string_view b);

std::string to_base64(std::string_view bytes);
/// Throws std::runtime_error where it is none.
std::string from_base64(const std::string& text);

/// A revocation list (RFC 5280, section 5) of these serial numbers, as PEM. `issued_s`, seconds
/// since 1970, must grow from list to list: readers take the newest.
std::string new_revocation_list(const std::vector<std::string>& serials, int64_t issued_s,
                                X509* authority, EVP_PKEY* authority_key);

/// The serial numbers in a revocation list, hexadecimal. Throws std::runtime_error where it is none
/// or `authority` has not signed it.
std::set<std::string> revoked_serials(const std::string& list_pem, X509* authority);

}  // namespace ganglion::fleet
