#include "fleet/client/api_client.hpp"

#include <httplib.h>

#include <stdexcept>

#include "fleet/client/http_client.hpp"

namespace ganglion::fleet {
namespace {

constexpr time_t kConnectLimitSeconds = 5;

httplib::Result send(httplib::Client& client, const ApiAddress& address, const std::string& method,
                     const std::string& path, const std::string& body) {
    const httplib::Headers headers = headers_of(address);
    const char* const type = "application/json";
    if (method == "post") return client.Post(path, headers, body, type);
    if (method == "put") return client.Put(path, headers, body, type);
    if (method == "delete") return client.Delete(path, headers, body, type);
    return client.Get(path, headers);
}

std::string advice_for(int status) {
    if (status == 401) return "; put a token into GANGLION_TOKEN (see `ganglion token --help`)";
    return "";
}

/// The answer of a server that is there and does not refuse.
httplib::Result answer_of(const ApiAddress& address, const std::string& method,
                          const std::string& path, const nlohmann::json& body) {
    const std::string where = address.host + ":" + std::to_string(address.port);
    httplib::Client client = http_client(address);
    client.set_connection_timeout(kConnectLimitSeconds);
    auto result = send(client, address, method, path, body.is_null() ? "" : body.dump());
    if (!result) {
        if (result.error() == httplib::Error::SSLServerVerification)
            throw std::runtime_error("the certificate of " + where +
                                     " is not for that host, or of an authority that this machine "
                                     "does not trust: name it by --tls-ca");
        throw std::runtime_error("no fleet server at " + where + " (" +
                                 httplib::to_string(result.error()) +
                                 "): start one with `ganglion serve`");
    }
    const auto json = nlohmann::json::parse(result->body, nullptr, false);
    const bool good = result->status == 204 || (result->status == 200 && !json.is_discarded());
    if (!good) {
        const bool told = json.is_object() && json.contains("error");
        throw std::runtime_error(where + path + " answers " + std::to_string(result->status) +
                                 (told ? ": " + json["error"].get<std::string>() : "") +
                                 advice_for(result->status));
    }
    return result;
}

}  // namespace

nlohmann::json call_api(const ApiAddress& address, const std::string& method,
                        const std::string& path, const nlohmann::json& body) {
    const auto result = answer_of(address, method, path, body);
    return result->status == 204 ? nlohmann::json() : nlohmann::json::parse(result->body);
}

std::string log_in(const ApiAddress& address, const std::string& name,
                   const std::string& password) {
    const auto result = answer_of(address, "post", address.of_organisation("/api/login"),
                                  {{"name", name}, {"password", password}});
    const std::string cookie = result->get_header_value("Set-Cookie");
    const size_t begin = cookie.find('=') + 1;
    return cookie.substr(begin, cookie.find(';') - begin);
}

}  // namespace ganglion::fleet
