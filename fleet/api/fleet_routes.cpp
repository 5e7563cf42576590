#include "fleet/api/fleet_routes.hpp"

#include <memory>
#include <utility>

#include "fleet/api/json.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/api/stream_writer.hpp"
#include "fleet/pki/pki.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr uint32_t kPage = 100;
constexpr uint32_t kMaxPage = 1000;
constexpr int64_t kMaxId = int64_t{1} << 53;

std::optional<int64_t> id_parameter(const httplib::Request& request, const char* name) {
    if (!request.has_param(name)) return std::nullopt;
    return whole_number(request.get_param_value(name), name, 0, kMaxId);
}

uint32_t limit_parameter(const httplib::Request& request) {
    if (!request.has_param("limit")) return kPage;
    return static_cast<uint32_t>(
        whole_number(request.get_param_value("limit"), "limit", 1, kMaxPage));
}

std::optional<std::string> device_parameter(const httplib::Request& request) {
    if (!request.has_param("device")) return std::nullopt;
    std::string device = request.get_param_value("device");
    if (!is_valid_device_id(device)) throw BadRequest("device must be a device's id");
    return device;
}

DeviceQuery::Condition condition_of(const std::string& state) {
    if (state == "online") return DeviceQuery::Condition::online;
    if (state == "offline") return DeviceQuery::Condition::offline;
    if (state == "fault") return DeviceQuery::Condition::fault;
    throw BadRequest("state must be online, offline or fault");
}

json devices_answer(Store& store, const httplib::Request& request) {
    if (const auto id = device_parameter(request)) {
        const auto device = store.device(*id);
        return device ? json::array({to_json(*device)}) : json::array();
    }
    DeviceQuery query;
    query.after = request.get_param_value("after");
    query.search = request.get_param_value("search");
    query.limit = limit_parameter(request);
    if (request.has_param("state"))
        query.condition = condition_of(request.get_param_value("state"));
    return to_json_array(store.devices(query));
}

void answer_events(Store& store, Call& call) {
    EventQuery query;
    query.device = device_parameter(call.request);
    query.after = id_parameter(call.request, "after");
    query.before = id_parameter(call.request, "before");
    query.limit = limit_parameter(call.request);
    const auto events = store.events(query);
    const int64_t last = events.empty() ? query.after.value_or(0) : events.back().id;
    send_json(call.response, {{"events", to_json_array(events)}, {"last", last}});
}

void answer_stream(Store& store, EventStream& stream, Call& call) {
    std::optional<int64_t> last_seen;
    if (call.request.has_header("Last-Event-ID")) {
        last_seen = whole_number(call.request.get_header_value("Last-Event-ID"), "Last-Event-ID", 0,
                                 kMaxId);
    }
    auto subscription = stream.subscribe();
    if (!subscription) {
        call.response.set_header("Retry-After", "5");
        send_error(call.response, 503, "too many readers of the stream");
        return;
    }
    // httplib copies the provider, so the writer lives in a shared place.
    const auto writer = std::make_shared<StreamWriter>(store, std::move(subscription), last_seen);
    call.response.set_chunked_content_provider(
        "text/event-stream",
        [writer](size_t, httplib::DataSink& sink) { return writer->write(sink); });
}

json device_schema() {
    return object({{"id", text()},
                   {"application", text()},
                   {"online", flag()},
                   {"last_seen_ms", number()},
                   {"boot", number()},
                   {"bundle", object({{"version", text()},
                                      {"digest", text()},
                                      {"ram_bytes", number()},
                                      {"flash_bytes", number()},
                                      {"instructions", number()}})},
                   {"firmware", text()},
                   {"fault", text()},
                   {"rate_hz", number()},
                   {"bytes_sensed", number()},
                   {"bytes_sent", number()},
                   {"bytes_gate", number()},
                   {"gate_openings", number()},
                   {"inferences", number()},
                   {"outbox", number()},
                   {"overruns", number()},
                   {"events_lost", number()},
                   {"score", number()},
                   {"events", number()},
                   {"rejected", number()}});
}

json event_schema() {
    return object({{"id", number()},
                   {"device", text()},
                   {"boot", number()},
                   {"sequence", number()},
                   {"time_ms", number()},
                   {"uncertainty_ms", number()},
                   {"received_ms", number()},
                   {"kind", one_of({"decision", "started", "action"})},
                   {"label", text()},
                   {"score", number()},
                   {"sample", number()},
                   {"stop_samples", number_or_null()},
                   {"stop_instructions", number_or_null()}});
}

}  // namespace

Routes fleet_routes(Store& store, EventStream& stream) {
    const Parameter device{"device", "only this device", text()};
    const auto answer = [](auto read) {
        return [read](Call& call) { send_json(call.response, read(call.request)); };
    };
    Routes routes;
    routes.push_back({"get",
                      "/api/summary",
                      Role::viewer,
                      "The fleet in nine numbers",
                      {},
                      {},
                      object({{"devices", number()},
                              {"online", number()},
                              {"events", number()},
                              {"bytes_sensed", number()},
                              {"bytes_sent", number()},
                              {"bytes_gate", number()},
                              {"gate_openings", number()},
                              {"inferences", number()},
                              {"reduction", real()}}),
                      answer([&](const httplib::Request&) { return to_json(store.summary()); })});
    routes.push_back(
        {"get",
         "/api/devices",
         Role::viewer,
         "Devices in the order of their ids; byte counts are totals over all boots. A "
         "page that is shorter than `limit` is the last",
         {device,
          {"after", "ids behind this one", text()},
          {"search", "ids with this in them", text()},
          {"state", "only such", one_of({"online", "offline", "fault"})},
          {"limit", "at most so many, 1 to 1000; 100 if not said", number(1)}},
         {},
         array(device_schema()),
         answer([&](const httplib::Request& request) { return devices_answer(store, request); })});
    routes.push_back(
        {"get",
         "/api/versions",
         Role::viewer,
         "What devices run, the most used first, and the most that it costs on one of them",
         {},
         {},
         array(object({{"application", text()},
                       {"version", text()},
                       {"devices", number()},
                       {"online", number()},
                       {"faults", number()},
                       {"ram_bytes", number()},
                       {"flash_bytes", number()},
                       {"instructions", number()}})),
         answer([&](const httplib::Request&) { return to_json_array(store.versions()); })});
    routes.push_back(
        {"get",
         "/api/places",
         Role::viewer,
         "Lines of sites (the attributes site and line), by name, and how their devices are",
         {},
         {},
         array(object({{"site", text()},
                       {"line", text()},
                       {"devices", number()},
                       {"online", number()},
                       {"faults", number()}})),
         answer([&](const httplib::Request&) { return to_json_array(store.places()); })});
    routes.push_back({"get",
                      "/api/events",
                      Role::viewer,
                      "Events, oldest first; without `after` the newest `limit`",
                      {device,
                       {"after", "ids above", number()},
                       {"before", "ids below", number()},
                       {"limit", "at most so many, 1 to 1000; 100 if not said", number(1)}},
                      {},
                      object({{"events", array(event_schema())}, {"last", number()}}),
                      [&](Call& call) { answer_events(store, call); }});
    routes.push_back(
        {"get",
         "/api/gaps",
         Role::viewer,
         "Sequences that never arrived though later ones did",
         {device},
         {},
         array(object(
             {{"device", text()}, {"boot", number()}, {"first", number()}, {"last", number()}})),
         answer([&](const httplib::Request& request) {
             return to_json_array(store.gaps(device_parameter(request)));
         })});
    routes.push_back({"get",
                      "/api/gate",
                      Role::viewer,
                      "Openings of the gates that let samples out",
                      {device},
                      {},
                      array(object({{"device", text()},
                                    {"boot", number()},
                                    {"opening", number()},
                                    {"first_sample", number()},
                                    {"bytes", number()},
                                    {"complete", flag()}})),
                      answer([&](const httplib::Request& request) {
                          return to_json_array(store.gate(device_parameter(request)));
                      })});
    routes.push_back({"get",
                      "/api/stream",
                      Role::viewer,
                      "Server-Sent Events `event` and `device` as they come; goes on behind "
                      "Last-Event-ID",
                      {},
                      {},
                      text(),
                      [&](Call& call) { answer_stream(store, stream, call); }});
    return routes;
}

}  // namespace ganglion::fleet
