#include "fleet/api/insight_routes.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "fleet/api/audited.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/insight/fleet_insight.hpp"
#include "fleet/pki/pki.hpp"
#include "fleet/store/device_minutes.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr int64_t kMostMs = int64_t{1} << 52;
constexpr size_t kMostAttributes = 16;
constexpr size_t kLongestText = 64;
constexpr int64_t kMostSteps = 400;
constexpr int64_t kFreshMs = 60'000;

bool is_name(const std::string& name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= kLongestText && std::ranges::all_of(name, fits) &&
           name != "device" && name != "version" && name != "fleet" && name != "firmware";
}

Attributes attributes_of(const json& body) {
    const auto given = body.find("attributes");
    if (given == body.end() || !given->is_object() || given->size() > kMostAttributes)
        throw BadRequest("attributes must be an object of at most 16 texts");
    Attributes attributes;
    for (const auto& [name, value] : given->items()) {
        if (!is_name(name))
            throw BadRequest(
                "attribute " + name +
                ": a name has a-z, 0-9 and _, and is not device, version, firmware or fleet");
        if (!value.is_string() || value.get_ref<const std::string&>().size() > kLongestText)
            throw BadRequest("attribute " + name +
                             ": its value must be a text of at most 64 bytes");
        attributes[name] = value.get<std::string>();
    }
    return attributes;
}

std::string device_of(const Call& call) {
    std::string device = call.request.matches[1];
    if (!is_valid_device_id(device)) throw BadRequest("that is no device's id");
    return device;
}

Span span_of(const httplib::Request& request, Span usual) {
    if (!request.has_param("span")) return usual;
    const std::string span = request.get_param_value("span");
    if (span == "minute") return Span::minute;
    if (span == "hour") return Span::hour;
    if (span == "day") return Span::day;
    throw BadRequest("span must be minute, hour or day");
}

int64_t number_of(const httplib::Request& request, const char* name, int64_t usual, int64_t low,
                  int64_t high) {
    if (!request.has_param(name)) return usual;
    return whole_number(request.get_param_value(name), name, low, high);
}

/// Minutes of one device are made of its events, which say nothing about the rest.
json to_json(const RollupRow& row, bool of_events_alone) {
    if (of_events_alone)
        return {{"start_ms", row.start_ms}, {"events", row.events}, {"alerts", row.alerts}};
    return {{"start_ms", row.start_ms},     {"events", row.events},
            {"alerts", row.alerts},         {"reports", row.reports},
            {"score_sum", row.score_sum},   {"score_most", row.score_most},
            {"inferences", row.inferences}, {"bytes_sensed", row.bytes_sensed},
            {"bytes_sent", row.bytes_sent}, {"bytes_gate", row.bytes_gate},
            {"scores", row.scores}};
}

const char* name_of(insight::Shape shape) {
    switch (shape) {
        case insight::Shape::trend:
            return "trend";
        case insight::Shape::step:
            return "step";
        case insight::Shape::steady:
            break;
    }
    return "steady";
}

json rollups_schema() {
    json row = object({{"start_ms", number()},
                       {"events", number()},
                       {"alerts", number()},
                       {"reports", number()},
                       {"score_sum", number()},
                       {"score_most", number()},
                       {"inferences", number()},
                       {"bytes_sensed", number()},
                       {"bytes_sent", number()},
                       {"bytes_gate", number()},
                       {"scores", array(number())}});
    row["required"] = {"start_ms", "events", "alerts"};
    return array(row);
}

json to_json(const insight::ShapeFinding& finding) {
    return {{"shape", name_of(finding.shape)}, {"p", finding.p},
            {"slope", finding.slope},          {"jump", finding.jump},
            {"level", finding.level},          {"since", finding.since},
            {"noise", finding.noise}};
}

json shape_schema() {
    return object({{"shape", one_of({"steady", "trend", "step"})},
                   {"p", real()},
                   {"slope", real()},
                   {"jump", real()},
                   {"level", real()},
                   {"since", number()},
                   {"noise", real()}});
}

json to_json(const insight::FleetInsight& found) {
    json rising = json::array(), devices = json::array(), sites = json::array();
    json causes = json::array(), versions = json::array();
    for (const auto& one : found.rising) {
        rising.push_back(
            {{"device", one.device},
             {"finding", to_json(one.finding)},
             {"steps_left", one.steps_left.expected},
             {"earliest", one.steps_left.earliest},
             {"latest", one.steps_left.latest ? json(*one.steps_left.latest) : json()}});
    }
    for (const auto& one : found.peers.devices) {
        devices.push_back(
            {{"device", one.device}, {"finding", to_json(one.finding)}, {"rate", one.rate}});
    }
    for (const auto& one : found.peers.sites) {
        sites.push_back({{"site", one.site},
                         {"finding", to_json(one.finding)},
                         {"rate", one.rate},
                         {"sharing", one.sharing}});
    }
    for (const auto& one : found.causes) {
        causes.push_back({{"attribute", one.attribute},
                          {"value", one.value},
                          {"begin_ms", one.begin_ms},
                          {"end_ms", one.end_ms},
                          {"affected", one.affected},
                          {"members", one.members},
                          {"elsewhere", one.elsewhere},
                          {"p", one.p}});
    }
    for (const auto& one : found.versions) {
        versions.push_back({{"version", one.version},
                            {"distance", one.drift.distance},
                            {"p", one.drift.p},
                            {"drifted", one.drifted},
                            {"alerts_per_hour", one.alert_rate},
                            {"alerts_p", one.alert_p},
                            {"alerts_differ", one.alerts_differ}});
    }
    return {{"now_ms", found.query.now_ms},
            {"step_ms", static_cast<int64_t>(found.query.span)},
            {"steps", found.query.steps},
            {"devices", found.devices},
            {"rising", rising},
            {"unlike_peers", devices},
            {"site_events", sites},
            {"common_causes", causes},
            {"versions", versions}};
}

json insight_schema() {
    return object(
        {{"now_ms", number()},
         {"step_ms", number()},
         {"steps", number()},
         {"devices", number()},
         {"rising", array(object({{"device", text()},
                                  {"finding", shape_schema()},
                                  {"steps_left", real()},
                                  {"earliest", real()},
                                  {"latest", {{"type", {"number", "null"}}}}}))},
         {"unlike_peers",
          array(object({{"device", text()}, {"finding", shape_schema()}, {"rate", real()}}))},
         {"site_events", array(object({{"site", text()},
                                       {"finding", shape_schema()},
                                       {"rate", real()},
                                       {"sharing", real()}}))},
         {"common_causes", array(object({{"attribute", text()},
                                         {"value", text()},
                                         {"begin_ms", {{"type", "integer"}}},
                                         {"end_ms", {{"type", "integer"}}},
                                         {"affected", number()},
                                         {"members", number()},
                                         {"elsewhere", number()},
                                         {"p", real()}}))},
         {"versions", array(object({{"version", text()},
                                    {"distance", real()},
                                    {"p", real()},
                                    {"drifted", flag()},
                                    {"alerts_per_hour", real()},
                                    {"alerts_p", real()},
                                    {"alerts_differ", flag()}}))}});
}

/// The last answer, kept for a minute: looking at a large fleet takes a while, and a page asks
/// often.
class KeptInsight {
  public:
    json look(Store& store, const insight::InsightQuery& query) {
        const std::lock_guard lock(mutex_);
        const bool same = kept_ && kept_->query.span == query.span &&
                          kept_->query.steps == query.steps &&
                          kept_->query.threshold == query.threshold &&
                          query.now_ms - kept_->query.now_ms < kFreshMs;
        if (!same) kept_ = insight::look_at_fleet(store, query);
        return to_json(*kept_);
    }

  private:
    std::mutex mutex_;
    std::optional<insight::FleetInsight> kept_;
};

insight::InsightQuery insight_query(const httplib::Request& request) {
    insight::InsightQuery query;
    query.now_ms = now_ms();
    query.span = span_of(request, Span::day);
    if (query.span == Span::minute) throw BadRequest("span must be hour or day");
    query.steps = static_cast<uint32_t>(number_of(request, "steps", 60, 12, kMostSteps));
    query.threshold = static_cast<double>(number_of(request, "threshold", 500, 1, 1000));
    return query;
}

const std::vector<Parameter>& insight_parameters() {
    static const std::vector<Parameter> parameters = {
        {"span", "steps of the histories: hour or day", one_of({"hour", "day"})},
        {"steps", "how far back, 12 to 400; 60 if not said", number(12)}};
    return parameters;
}

Routes attribute_routes(Store& store, AuditLog& audit, AttributesSaid said) {
    const json attributes = {{"type", "object"}, {"additionalProperties", text()}};
    Routes routes;
    routes.push_back({"get",
                      "/api/attributes",
                      Role::viewer,
                      "What devices share with others: site, line, batch, as operators said",
                      {},
                      nullptr,
                      {{"type", "object"}, {"additionalProperties", attributes}},
                      [&](Call& call) { send_json(call.response, json(store.attributes())); }});
    routes.push_back({"put",
                      "/api/devices/{id}/attributes",
                      Role::fleet_operator,
                      "Say what a device shares with others, in place of what was said before",
                      {},
                      object({{"attributes", attributes}}),
                      nullptr,
                      [&, said = std::move(said)](Call& call) {
                          const std::string device = device_of(call);
                          const Attributes given = attributes_of(call.body);
                          audited(audit,
                                  {call.caller.name, "device.attributes", device, json(given)},
                                  [&] { store.set_attributes(device, given); });
                          if (said) said(device, given);
                          call.response.status = 204;
                      }});
    return routes;
}

}  // namespace

Routes insight_routes(Store& store, AuditLog& audit, AttributesSaid said) {
    Routes routes = attribute_routes(store, audit, std::move(said));
    routes.push_back(
        {"get",
         "/api/rollups",
         Role::viewer,
         "Sums by minute, hour or day of the fleet, a device, an attribute or a version; of a "
         "device by the minute events and alerts alone, as far back as raw events are kept",
         {{"scope", "fleet (if not said), device:pump-7, site:north, version:1.2.0", text()},
          {"span", "minute, hour (if not said) or day", one_of({"minute", "hour", "day"})},
          {"from_ms", "the last 60 steps if not said", number()},
          {"to_ms", "now if not said", number()}},
         nullptr,
         rollups_schema(),
         [&](Call& call) {
             RollupQuery query;
             if (call.request.has_param("scope"))
                 query.scope = call.request.get_param_value("scope");
             query.span = span_of(call.request, Span::hour);
             const auto step = static_cast<int64_t>(query.span);
             query.to_ms = number_of(call.request, "to_ms", now_ms() + 1, 0, kMostMs);
             query.from_ms = number_of(call.request, "from_ms",
                                       std::max<int64_t>(0, query.to_ms - 60 * step), 0, kMostMs);
             if ((query.to_ms - query.from_ms) / step > 10'000)
                 throw BadRequest("ask for at most 10000 steps of time at once");
             json rows = json::array();
             for (const RollupRow& row : store.rollups(query))
                 rows.push_back(to_json(row, is_for_device_minutes(query)));
             send_json(call.response, rows);
         }});
    auto kept = std::make_shared<KeptInsight>();
    std::vector<Parameter> parameters = insight_parameters();
    parameters.push_back(
        {"threshold", "permille that rising scores are measured against", number(1)});
    routes.push_back(
        {"get", "/api/insight", Role::viewer,
         "What only the whole fleet shows: rising devices, devices unlike their peers, "
         "site events, common causes, versions that drift; at most a minute old",
         parameters, nullptr, insight_schema(), [&store, kept](Call& call) {
             send_json(call.response, kept->look(store, insight_query(call.request)));
         }});
    parameters = insight_parameters();
    parameters.push_back({"device", "the one that failed", text()});
    parameters.push_back(
        {"pattern", "how many of its newest steps led to it; 14 if not said", number(6)});
    routes.push_back(
        {"get", "/api/insight/similar", Role::viewer,
         "Devices whose newest history looks like that of one that failed", parameters, nullptr,
         array(object(
             {{"device", text()}, {"correlation", real()}, {"growth", real()}, {"rate", real()}})),
         [&store](Call& call) {
             const std::string device = call.request.get_param_value("device");
             if (!is_valid_device_id(device)) throw BadRequest("device must be a device's id");
             const auto pattern =
                 static_cast<uint32_t>(number_of(call.request, "pattern", 14, 6, 200));
             json rows = json::array();
             for (const auto& similar :
                  insight::look_for_similar(store, insight_query(call.request), device, pattern)) {
                 rows.push_back({{"device", similar.device},
                                 {"correlation", similar.correlation},
                                 {"growth", similar.growth},
                                 {"rate", similar.rate}});
             }
             send_json(call.response, rows);
         }});
    return routes;
}

}  // namespace ganglion::fleet
