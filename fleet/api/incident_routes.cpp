#include "fleet/api/incident_routes.hpp"

#include "fleet/api/audited.hpp"
#include "fleet/api/incident_parts.hpp"
#include "fleet/api/notice_routes.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr uint32_t kMostIncidents = 1000;
constexpr uint32_t kMostMembers = 1000;

json incident_schema() {
    return object({{"id", number()},
                   {"kind", text()},
                   {"scope", text()},
                   {"severity", severity_schema()},
                   {"state", one_of({"open", "resolved"})},
                   {"opened_ms", number()},
                   {"changed_ms", number()},
                   {"resolved_ms", number()},
                   {"acknowledged_by", text()},
                   {"subjects", number()},
                   {"active", number()},
                   {"text", text()},
                   {"cause", text()}});
}

json to_json(const Incident& incident) {
    return {{"id", incident.id},
            {"kind", incident.kind},
            {"scope", incident.scope},
            {"severity", to_string(incident.severity)},
            {"state", incident.state == IncidentState::open ? "open" : "resolved"},
            {"opened_ms", incident.opened_ms},
            {"changed_ms", incident.changed_ms},
            {"resolved_ms", incident.resolved_ms},
            {"acknowledged_by", incident.acknowledged_by},
            {"subjects", incident.subjects},
            {"active", incident.active},
            {"text", incident.text},
            {"cause", incident.cause}};
}

Routes reading_routes(Incidents& incidents) {
    Routes routes;
    routes.push_back(
        {"get",
         "/api/incidents",
         Role::viewer,
         "Incidents, the last changed first: alarms of one kind that belong together",
         {{"state", "open (if not said), resolved or all", one_of({"open", "resolved", "all"})},
          {"limit", "at most so many, 1 to 1000; 100 if not said", number(1)}},
         nullptr,
         array(incident_schema()),
         [&](Call& call) {
             const std::string state =
                 call.request.has_param("state") ? call.request.get_param_value("state") : "open";
             std::optional<IncidentState> wanted;
             if (state == "open") wanted = IncidentState::open;
             if (state == "resolved") wanted = IncidentState::resolved;
             if (!wanted && state != "all") throw BadRequest("state must be open, resolved or all");
             uint32_t limit = 100;
             if (call.request.has_param("limit"))
                 limit = static_cast<uint32_t>(whole_number(call.request.get_param_value("limit"),
                                                            "limit", 1, kMostIncidents));
             json list = json::array();
             for (const Incident& incident : incidents.list(wanted, limit))
                 list.push_back(to_json(incident));
             send_json(call.response, list);
         }});
    const json member = object({{"subject", text()},
                                {"since_ms", number()},
                                {"last_ms", number()},
                                {"active", flag()},
                                {"text", text()}});
    const json delivery = object({{"id", number()},
                                  {"channel", text()},
                                  {"reason", text()},
                                  {"line", text()},
                                  {"made_ms", number()},
                                  {"sent_ms", number()},
                                  {"attempts", number()},
                                  {"error", text()}});
    routes.push_back({"get",
                      "/api/incidents/{id}",
                      Role::viewer,
                      "One incident with its devices (at most 1000) and the messages about it",
                      {},
                      nullptr,
                      object({{"incident", incident_schema()},
                              {"members", array(member)},
                              {"deliveries", array(delivery)}}),
                      [&](Call& call) {
                          const auto incident = incidents.find(id_of(call));
                          if (!incident)
                              return send_error(call.response, 404, "there is no such incident");
                          json members = json::array(), deliveries = json::array();
                          for (const auto& one : incidents.members(incident->id, kMostMembers)) {
                              members.push_back({{"subject", one.subject},
                                                 {"since_ms", one.since_ms},
                                                 {"last_ms", one.last_ms},
                                                 {"active", one.active},
                                                 {"text", one.text}});
                          }
                          for (const auto& one : incidents.deliveries(incident->id)) {
                              deliveries.push_back({{"id", one.id},
                                                    {"channel", one.channel},
                                                    {"reason", one.reason},
                                                    {"line", one.line},
                                                    {"made_ms", one.made_ms},
                                                    {"sent_ms", one.sent_ms},
                                                    {"attempts", one.attempts},
                                                    {"error", one.error}});
                          }
                          send_json(call.response, {{"incident", to_json(*incident)},
                                                    {"members", members},
                                                    {"deliveries", deliveries}});
                      }});
    return routes;
}

Routes acting_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes;
    const auto act = [&](const char* path, const char* summary, const char* action,
                         bool (Incidents::*what)(int64_t, const std::string&, int64_t)) {
        routes.push_back(
            {"post",
             path,
             Role::fleet_operator,
             summary,
             {},
             nullptr,
             nullptr,
             [&incidents, &audit, action, what](Call& call) {
                 const int64_t id = id_of(call);
                 bool done = false;
                 audited(audit, {call.caller.name, action, std::to_string(id), {}},
                         [&] { done = (incidents.*what)(id, call.caller.name, now_ms()); });
                 done_or_missing(call, done, "open incident");
             }});
    };
    act("/api/incidents/{id}/acknowledge", "Somebody sees to it: nobody else is called",
        "incident.acknowledge", &Incidents::acknowledge);
    act("/api/incidents/{id}/resolve", "It is over; what still holds opens a new one",
        "incident.resolve", &Incidents::resolve);
    return routes;
}

}  // namespace

Routes incident_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes = reading_routes(incidents);
    for (Routes more : {acting_routes(incidents, audit), notice_routes(incidents, audit)})
        routes.insert(routes.end(), more.begin(), more.end());
    return routes;
}

}  // namespace ganglion::fleet
