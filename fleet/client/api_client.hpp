#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace ganglion::fleet {

/// Where the fleet server's HTTP API is, and who asks.
struct ApiAddress {
    std::string host = "127.0.0.1";  ///< "https://..." where it speaks TLS
    uint16_t port = 0;
    std::string token{};  ///< empty: nobody in particular
    /// Where to log in or enrol, which is done without a token; empty: the installation's own.
    std::string organisation{};
    /// At https: who has signed the server's certificate (PEM); empty: one that this machine
    /// trusts.
    std::filesystem::path tls_ca{};

    /// A path with the organisation.
    std::string of_organisation(const std::string& path) const {
        return organisation.empty() ? path : path + "?organisation=" + organisation;
    }
};

/// One request, method "get", "post", "put" or "delete"; `body` null: none. The answer as JSON,
/// null where there is none. Throws std::runtime_error with one line when the server is not there
/// or refuses.
nlohmann::json call_api(const ApiAddress& address, const std::string& method,
                        const std::string& path, const nlohmann::json& body = nullptr);

/// The secret of a new session, which serves as a token for 12 h. Throws as call_api() does.
std::string log_in(const ApiAddress& address, const std::string& name, const std::string& password);

inline nlohmann::json get_json(const ApiAddress& address, const std::string& path) {
    return call_api(address, "get", path);
}

}  // namespace ganglion::fleet
