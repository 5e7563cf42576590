#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fleet/base/log.hpp"
#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {

/// A certificate with those that lead to its authority, and its key, in PEM files that somebody may
/// replace while the server runs: connections that begin from then on are shown the new one. Safe
/// to call from several threads.
class TlsFiles {
  public:
    struct Pair {
        std::vector<Certificate> certificates;  ///< the server's own first
        Key key;
    };

    /// Throws std::runtime_error with one line where the files are no pair.
    TlsFiles(std::filesystem::path certificate, std::filesystem::path key, Log log);

    /// The newest pair: while one file is new and the other is not yet, the one before.
    std::shared_ptr<const Pair> current() const;
    /// Makes connections of `context` show it, TLS 1.2 or later; the files must outlive it.
    bool use_in(SSL_CTX& context) const;

  private:
    /// When both were written.
    using Times = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;

    Times times() const;
    std::shared_ptr<const Pair> read() const;
    static int show(SSL* connection, void* files);

    const std::filesystem::path certificate_, key_;
    const Log log_;
    mutable std::mutex mutex_;
    mutable Times read_at_;
    mutable std::shared_ptr<const Pair> pair_;
};

}  // namespace ganglion::fleet
