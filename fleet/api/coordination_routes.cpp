#include "fleet/api/coordination_routes.hpp"

#include "fleet/api/schema.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

json cycle_schema() {
    return object({{"time_s", number()},
                   {"demand_w", real()},
                   {"scheduled_w", real()},
                   {"measured_w", real()},
                   {"local_w", real()},
                   {"over", number()},
                   {"storage_w", real()},
                   {"tasks_w", real()},
                   {"buffers_w", real()},
                   {"price", real()},
                   {"believed", number()},
                   {"left_out", number()},
                   {"seconds", real()}});
}

json feeder_schema() {
    return object({{"id", text()},
                   {"expected_w", real()},
                   {"measured_w", real()},
                   {"most_w", real()},
                   {"devices", number()},
                   {"levels", array({{"type", "integer"}})},
                   {"fault", text()}});
}

}  // namespace

Routes coordination_routes(CoordinationService& service) {
    Routes routes;
    routes.push_back(
        {"get",
         "/api/coordination",
         Role::viewer,
         "Demand, schedule and set-points of the last cycles, and why each decision was taken",
         {},
         nullptr,
         object({{"running", flag()},
                 {"rejected", number()},
                 {"feeders", array(feeder_schema())},
                 {"cycles", array(cycle_schema())},
                 {"decisions", array(object({{"time_s", number()},
                                             {"kind", text()},
                                             {"object", text()},
                                             {"why", text()}}))}}),
         [&](Call& call) { send_json(call.response, service.state()); }});
    routes.push_back({"put",
                      "/api/coordination",
                      Role::owner,
                      "Set up feeders with their limits, generators and the cycle; begins anew",
                      {},
                      {{"type", "object"}},
                      nullptr,
                      [&](Call& call) {
                          try {
                              service.set_up(CoordinationSetup::read(call.body), call.caller.name);
                          } catch (const std::runtime_error& error) {
                              throw BadRequest(error.what());
                          }
                          call.response.status = 204;
                      }});
    routes.push_back({"get",
                      "/api/coordination/key",
                      Role::viewer,
                      "The key that signs set-points, PEM",
                      {},
                      nullptr,
                      object({{"pem", text()}}),
                      [&](Call& call) {
                          send_json(call.response, {{"pem", service.public_key()}});
                      }});
    return routes;
}

}  // namespace ganglion::fleet
