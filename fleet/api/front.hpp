#pragma once

#include <httplib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "fleet/api/tls_files.hpp"
#include "fleet/base/log.hpp"
#include "fleet/base/port.hpp"

namespace ganglion::fleet {

/// How the API is reached.
struct FrontConfig {
    std::string listen = loopback;  ///< an address of this machine
    /// PEM files (TlsFiles). Neither: plain HTTP.
    std::filesystem::path certificate = {}, key = {};
    /// The name under which a proxy before this server, which speaks TLS, is reached.
    std::string proxied_as = {};
};

/// The API's door: who may come in by the way he comes, whoever he is. In the clear it is open to
/// this machine alone.
class Front {
  public:
    /// Throws std::runtime_error with one line: files that are missing or no pair, or an address
    /// that others reach without TLS.
    explicit Front(
        FrontConfig config, Log log = [](std::string_view) {});

    /// A server that speaks TLS 1.2 or later where there is a certificate, and else plain HTTP; it
    /// must not outlive this.
    std::unique_ptr<httplib::Server> make_server() const;
    const std::string& listen() const { return config_.listen; }
    std::string url(uint16_t port) const;

    /// Whether what a browser is told goes through TLS all the way.
    bool is_secure() const { return files_ != nullptr || !config_.proxied_as.empty(); }
    /// A page of another site could point its own name here; its requests still carry that name.
    /// Ours are those of this machine, of the certificate and of the proxy.
    bool is_named_by(const httplib::Request& request) const;
    /// Browsers name the origin of a request that may change something: not ours?
    bool is_from_another_page(const httplib::Request& request) const;
    /// Whether it comes from this machine itself, where everybody may do all until there is an
    /// operator.
    bool is_from_this_machine(const httplib::Request& request) const;

  private:
    bool is_our_name(const std::string& host) const;

    FrontConfig config_;
    std::unique_ptr<TlsFiles> files_;
};

}  // namespace ganglion::fleet
