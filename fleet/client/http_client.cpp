#include "fleet/client/http_client.hpp"

#include <string>

#include "fleet/base/files.hpp"
#include "fleet/pki/x509.hpp"

namespace ganglion::fleet {

httplib::Client http_client(const ApiAddress& address) {
    const bool says_how = address.host.find("://") != std::string::npos;
    httplib::Client client((says_how ? address.host : "http://" + address.host) + ":" +
                           std::to_string(address.port));
    if (!address.tls_ca.empty()) {
        (void)certificate_from_pem(read_file(address.tls_ca));  // httplib would not say why
        client.set_ca_cert_path(address.tls_ca.string());
    }
    return client;
}

httplib::Headers headers_of(const ApiAddress& address) {
    if (address.token.empty()) return {};
    return {{"Authorization", "Bearer " + address.token}};
}

}  // namespace ganglion::fleet
