#pragma once

#include <httplib.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fleet/access/access.hpp"

namespace ganglion::fleet {

/// A request that is wrong; its text says how to write it.
class BadRequest : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// One request on its way through the API.
struct Call {
    const httplib::Request& request;
    httplib::Response& response;
    Caller caller;           ///< of a route that needs a role
    nlohmann::json body;     ///< of a request that has one, an object
    bool is_secure = false;  ///< what it is answered goes through TLS
};

/// A parameter of the query.
struct Parameter {
    std::string name, meaning;
    nlohmann::json schema;
};

/// One thing that the API does. The server's routing, its checks of who may ask, and the OpenAPI
/// document are all made from the list of these.
struct Route {
    std::string method;         ///< "get", "post", "put", "delete"
    std::string path;           ///< "/api/tokens/{id}"
    std::optional<Role> needs;  ///< nobody in particular where there is none
    std::string summary;
    std::vector<Parameter> parameters;
    nlohmann::json body;    ///< JSON schema of the request's body; null: none
    nlohmann::json answer;  ///< JSON schema of the answer 200; null: 204 without content
    std::function<void(Call&)> handle;
    bool takes_bytes = false;  ///< the body is not JSON and may be larger
    std::string answer_type = "application/json";
};

using Routes = std::vector<Route>;

void send_json(httplib::Response& response, const nlohmann::json& json);
void send_error(httplib::Response& response, int status, const std::string& what);

/// Whole numbers of a query or header. Throw BadRequest.
int64_t whole_number(const std::string& text, const char* name, int64_t low, int64_t high);

/// A text of the body that must be there. Throws BadRequest.
std::string text_of(const nlohmann::json& body, const char* name);

/// The document of OpenAPI 3.1 for these routes.
nlohmann::json openapi(const Routes& routes, const std::string& version);

/// The path as a regular expression: "/api/tokens/([^/]+)".
std::string pattern_of(const std::string& path);

}  // namespace ganglion::fleet
