#include "fleet/api/front.hpp"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <stdexcept>
#include <utility>

namespace ganglion::fleet {
namespace {

bool is_loopback(const std::string& address) {
    in_addr four{};
    if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
    return address == "localhost" || address == "::1" || address == "::ffff:127.0.0.1";
}

bool is_address(const std::string& host) {
    in6_addr any{};
    return ::inet_pton(AF_INET, host.c_str(), &any) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

/// Of "host:port", "[::1]:port" or one without its port.
std::string host_in(const std::string& header) {
    if (header.starts_with('[')) return header.substr(1, header.find(']') - 1);
    return header.substr(0, header.rfind(':'));
}

bool is_for(X509* certificate, const std::string& host) {
    if (host.empty()) return false;
    if (is_address(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
    return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

[[noreturn]] void refuse(const std::string& what) {
    throw std::runtime_error("TLS of the API: " + what);
}

std::unique_ptr<TlsFiles> files_of(const FrontConfig& config, const Log& log) {
    if (config.certificate.empty() && config.key.empty()) return nullptr;
    if (config.certificate.empty() || config.key.empty())
        refuse("give both, the certificate and its key");
    return std::make_unique<TlsFiles>(config.certificate, config.key, log);
}

/// A name that a client may ask for.
std::string first_name_of(X509* certificate) {
    for (const char* usual : {loopback, "localhost"})
        if (is_for(certificate, usual)) return usual;
    std::string name;
    auto* const names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; name.empty() && i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* const one = sk_GENERAL_NAME_value(names, i);
        if (one->type != GEN_DNS) continue;
        name.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(one->d.dNSName)),
                    static_cast<size_t>(ASN1_STRING_length(one->d.dNSName)));
    }
    GENERAL_NAMES_free(names);
    return name;
}

}  // namespace

Front::Front(FrontConfig config, Log log)
    : config_(std::move(config)), files_(files_of(config_, log)) {
    if (!is_loopback(config_.listen) && !is_secure())
        refuse("others reach " + config_.listen +
               " in the clear: give --tls-certificate and --tls-key, or, where a proxy speaks TLS "
               "before this server, --proxied-as with its name");
}

std::unique_ptr<httplib::Server> Front::make_server() const {
    if (!files_) return std::make_unique<httplib::Server>();
    auto server = std::make_unique<httplib::SSLServer>(
        [this](SSL_CTX& context) { return files_->use_in(context); });
    if (!server->is_valid()) refuse(config_.certificate.string() + " cannot be used");
    return server;
}

std::string Front::url(uint16_t port) const {
    const std::string where = ":" + std::to_string(port) + "/";
    if (files_)
        return "https://" + first_name_of(files_->current()->certificates.front().get()) + where;
    if (!config_.proxied_as.empty()) return "https://" + config_.proxied_as + "/";
    return "http://" + config_.listen + where;
}

bool Front::is_our_name(const std::string& host) const {
    return host == loopback || host == "localhost" ||
           (!config_.proxied_as.empty() && host == config_.proxied_as) ||
           (files_ && is_for(files_->current()->certificates.front().get(), host));
}

bool Front::is_named_by(const httplib::Request& request) const {
    return is_our_name(host_in(request.get_header_value("Host")));
}

bool Front::is_from_another_page(const httplib::Request& request) const {
    if (!request.has_header("Origin")) return false;
    const std::string origin = request.get_header_value("Origin");
    const std::string host = request.get_header_value("Host");
    if (!config_.proxied_as.empty() && origin == "https://" + config_.proxied_as) return false;
    // A proxy on this machine may have spoken TLS and kept the name.
    return origin != "https://" + host && (files_ || origin != "http://" + host);
}

bool Front::is_from_this_machine(const httplib::Request& request) const {
    return config_.proxied_as.empty() && is_loopback(request.remote_addr);
}

}  // namespace ganglion::fleet
