#include "fleet/api/forget_route.hpp"

#include <utility>

#include "fleet/api/audited.hpp"
#include "fleet/api/schema.hpp"

namespace ganglion::fleet {

Routes forget_route(TellToForget tell, AuditLog& audit) {
    using namespace schema;
    Routes routes;
    routes.push_back(
        {"post",
         "/api/devices/{id}/forget",
         Role::fleet_operator,
         "Tell a device that is online to forget what it has learned: back to the factory state",
         {},
         object({{"reason", text()}}),
         object({{"told", flag()}}),
         [tell = std::move(tell), &audit](Call& call) {
             const std::string device = call.request.matches[1];
             bool told = false;
             audited(audit,
                     {call.caller.name,
                      "device.forget",
                      device,
                      {{"reason", text_of(call.body, "reason")}}},
                     [&] { told = tell(device); });
             if (!told) return send_error(call.response, 409, "that device is not online");
             send_json(call.response, {{"told", true}});
         }});
    return routes;
}

}  // namespace ganglion::fleet
