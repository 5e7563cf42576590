#include "fleet/api/together_routes.hpp"

#include "device/event/map_reader.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/together/terms_json.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr size_t kMostName = 15;  ///< of an application and of a version, as in a bundle

json terms_schema() {
    return object({{"centre", array({{"type", "integer"}})},
                   {"radius", number(1)},
                   {"sigma", number(1)},
                   {"period_s", number(1)},
                   {"contributions", number(1)},
                   {"wider", number()}});
}

json prior_schema() {
    json prior = object({{"sequence", number(1)},
                         {"time_ms", number()},
                         {"contributors", number()},
                         {"values", array({{"type", "integer"}})}});
    prior["type"] = {"object", "null"};
    return prior;
}

std::string part_of(const Call& call, size_t index, const char* what) {
    std::string part = call.request.matches[index];
    if (part.size() > kMostName || part.find(' ') != std::string::npos || !is_utf8(part))
        throw BadRequest(std::string("the ") + what + " must be as in a bundle");
    return part;
}

}  // namespace

Routes together_routes(TogetherService& service) {
    Routes routes;
    routes.push_back({"get",
                      "/api/priors",
                      Role::viewer,
                      "What new devices of each class begin with, who contributed at what privacy "
                      "cost, and what "
                      "was refused",
                      {},
                      nullptr,
                      object({{"priors", array(object({{"application", text()},
                                                       {"version", text()},
                                                       {"class", text()},
                                                       {"contributors", number()},
                                                       {"needed", number()},
                                                       {"rho", real()},
                                                       {"epsilon", real()},
                                                       {"terms", terms_schema()},
                                                       {"prior", prior_schema()}}))},
                              {"refused", array(object({{"time_ms", number()},
                                                        {"device", text()},
                                                        {"of", text()},
                                                        {"why", text()}}))}}),
                      [&](Call& call) { send_json(call.response, service.state()); }});
    routes.push_back({"put",
                      "/api/priors/{application}/{version}",
                      Role::owner,
                      "Devices of this version may share what they learn, on its bundle's terms",
                      {},
                      terms_schema(),
                      nullptr,
                      [&](Call& call) {
                          const std::string of =
                              part_of(call, 1, "application") + " " + part_of(call, 2, "version");
                          try {
                              service.allow(of, together::terms_from(call.body), call.caller.name);
                          } catch (const std::runtime_error& error) {
                              throw BadRequest(error.what());
                          }
                          call.response.status = 204;
                      }});
    return routes;
}

}  // namespace ganglion::fleet
