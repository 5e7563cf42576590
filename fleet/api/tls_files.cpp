#include "fleet/api/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <system_error>
#include <utility>

#include "fleet/base/files.hpp"

namespace ganglion::fleet {
namespace {

std::vector<Certificate> certificates_in(const std::string& pem) {
    std::vector<Certificate> certificates;
    certificates.push_back(certificate_from_pem(pem));
    BIO* const text = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    Certificate own(PEM_read_bio_X509(text, nullptr, nullptr, nullptr));
    while (X509* const next = PEM_read_bio_X509(text, nullptr, nullptr, nullptr))
        certificates.emplace_back(next);
    BIO_free(text);
    ERR_clear_error();  // that there is no further one
    return certificates;
}

}  // namespace

TlsFiles::TlsFiles(std::filesystem::path certificate, std::filesystem::path key, Log log)
    : certificate_(std::move(certificate)),
      key_(std::move(key)),
      log_(std::move(log)),
      read_at_(times()),
      pair_(read()) {}

TlsFiles::Times TlsFiles::times() const {
    std::error_code missing;
    return {std::filesystem::last_write_time(certificate_, missing),
            std::filesystem::last_write_time(key_, missing)};
}

std::shared_ptr<const TlsFiles::Pair> TlsFiles::read() const {
    auto pair = std::make_shared<Pair>();
    pair->certificates = certificates_in(read_file(certificate_));
    pair->key = key_from_pem(read_file(key_));
    if (X509_check_private_key(pair->certificates.front().get(), pair->key.get()) != 1)
        throw std::runtime_error("TLS of the API: " + key_.string() + " is not the key of " +
                                 certificate_.string());
    return pair;
}

std::shared_ptr<const TlsFiles::Pair> TlsFiles::current() const {
    const std::lock_guard lock(mutex_);
    const Times now = times();
    if (now == read_at_) return pair_;
    read_at_ = now;
    try {
        pair_ = read();
        log_("http: shows the new certificate " + certificate_.string());
    } catch (const std::runtime_error& error) {
        log_(std::string("http: goes on with the certificate before: ") + error.what());
    }
    return pair_;
}

bool TlsFiles::use_in(SSL_CTX& context) const {
    SSL_CTX_set_cert_cb(&context, show, const_cast<TlsFiles*>(this));
    return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1;
}

/// OpenSSL asks with each connection that begins; 1: go on.
int TlsFiles::show(SSL* connection, void* files) {
    const auto pair = static_cast<const TlsFiles*>(files)->current();
    const auto& certificates = pair->certificates;
    SSL_certs_clear(connection);
    if (SSL_use_certificate(connection, certificates.front().get()) != 1 ||
        SSL_use_PrivateKey(connection, pair->key.get()) != 1)
        return 0;
    for (size_t i = 1; i < certificates.size(); ++i)
        if (SSL_add1_chain_cert(connection, certificates[i].get()) != 1) return 0;
    return 1;
}

}  // namespace ganglion::fleet
