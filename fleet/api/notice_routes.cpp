#include "fleet/api/notice_routes.hpp"

#include <algorithm>

#include "fleet/api/audited.hpp"
#include "fleet/api/incident_parts.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr size_t kLongestText = 256;
constexpr int64_t kLongestSilence = int64_t{366} * 24 * 60;
constexpr int64_t kLongestDelay = 7 * 24 * 60;
constexpr int64_t kMinuteMs = 60'000;

/// A text of at most `kLongestText` bytes without control characters; empty where it may be absent.
std::string short_text(const json& body, const char* name, bool needed) {
    if (!needed && !body.contains(name)) return {};
    std::string value = text_of(body, name);
    const bool plain = std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20; });
    if (!plain || value.size() > kLongestText || (needed && value.empty()))
        throw BadRequest(std::string(name) + " must be a text of 1 to 256 bytes in one line");
    return value;
}

int64_t number_in(const json& body, const char* name, int64_t low, int64_t high) {
    const auto value = body.find(name);
    if (value == body.end() || !value->is_number_integer() || *value < low || *value > high) {
        throw BadRequest(std::string(name) + " must be a whole number from " + std::to_string(low) +
                         " to " + std::to_string(high));
    }
    return value->get<int64_t>();
}

Severity severity_in(const json& body, const char* name) {
    const auto severity = severity_of(text_of(body, name));
    if (!severity) throw BadRequest(std::string(name) + " must be info, warning or critical");
    return *severity;
}

bool begins_with(const std::string& value, std::initializer_list<const char*> beginnings) {
    return std::ranges::any_of(beginnings, [&](const std::string& begin) {
        return value.compare(0, begin.size(), begin) == 0;
    });
}

Channel channel_of(const Call& call) {
    Channel channel;
    channel.name = call.request.matches[1];
    if (!std::ranges::all_of(
            channel.name,
            [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; }) ||
        channel.name.size() > 64)
        throw BadRequest("a channel's name has 1 to 64 letters, digits, - and _");
    channel.kind = short_text(call.body, "kind", true);
    channel.url = short_text(call.body, "url", true);
    channel.least = severity_in(call.body, "least");
    channel.after_ms = kMinuteMs * number_in(call.body, "after_minutes", 0, kLongestDelay);
    channel.user = short_text(call.body, "user", false);
    channel.secret = short_text(call.body, "secret", false);
    if (channel.kind == "email") {
        if (!begins_with(channel.url, {"smtp://", "smtps://"}))
            throw BadRequest("url must be smtp://HOST:PORT or smtps://HOST:PORT");
        channel.to = short_text(call.body, "to", true);
        channel.sender = short_text(call.body, "sender", true);
        if (channel.sender.find_first_of("<>, ") != std::string::npos ||
            channel.to.find_first_of("<>") != std::string::npos)
            throw BadRequest("to and sender are plain addresses: ada@example.org");
    } else if (channel.kind != "webhook") {
        throw BadRequest("kind must be email or webhook");
    } else if (!begins_with(channel.url, {"http://", "https://"})) {
        throw BadRequest("url must begin with http:// or https://");
    }
    return channel;
}

Routes silence_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes;
    routes.push_back({"get",
                      "/api/silences",
                      Role::viewer,
                      "What no messages are sent about",
                      {},
                      nullptr,
                      array(object({{"id", number()},
                                    {"kind", text()},
                                    {"scope", text()},
                                    {"until_ms", number()},
                                    {"reason", text()},
                                    {"by", text()}})),
                      [&](Call& call) {
                          json list = json::array();
                          for (const Silence& one : incidents.silences(now_ms())) {
                              list.push_back({{"id", one.id},
                                              {"kind", one.kind},
                                              {"scope", one.scope},
                                              {"until_ms", one.until_ms},
                                              {"reason", one.reason},
                                              {"by", one.by}});
                          }
                          send_json(call.response, list);
                      }});
    routes.push_back(
        {"post",
         "/api/silences",
         Role::fleet_operator,
         "Send no messages about a kind, a scope (device:ID, site:NAME, fleet), or one in the "
         "other",
         {},
         object({{"kind", text()}, {"scope", text()}, {"minutes", number(1)}, {"reason", text()}}),
         object({{"id", number()}}),
         [&](Call& call) {
             Silence silence;
             silence.kind = short_text(call.body, "kind", false);
             silence.scope = short_text(call.body, "scope", false);
             silence.reason = short_text(call.body, "reason", true);
             silence.by = call.caller.name;
             const int64_t minutes = number_in(call.body, "minutes", 1, kLongestSilence);
             if (silence.kind.empty() && silence.scope.empty())
                 throw BadRequest("say a kind, a scope, or both");
             silence.until_ms = now_ms() + minutes * kMinuteMs;
             int64_t id = 0;
             audited(audit,
                     {call.caller.name,
                      "silence.add",
                      silence.scope + " " + silence.kind,
                      {{"until_ms", silence.until_ms}, {"reason", silence.reason}}},
                     [&] { id = incidents.add(silence); });
             send_json(call.response, {{"id", id}});
         }});
    routes.push_back({"delete",
                      "/api/silences/{id}",
                      Role::fleet_operator,
                      "Speak of it again",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const int64_t id = id_of(call);
                          bool done = false;
                          audited(audit,
                                  {call.caller.name, "silence.remove", std::to_string(id), {}},
                                  [&] { done = incidents.remove_silence(id); });
                          done_or_missing(call, done, "silence");
                      }});
    return routes;
}

Routes channel_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes;
    const json body = object({{"kind", one_of({"email", "webhook"})},
                              {"url", text()},
                              {"to", text()},
                              {"sender", text()},
                              {"user", text()},
                              {"secret", text()},
                              {"least", severity_schema()},
                              {"after_minutes", number()}});
    routes.push_back({"get",
                      "/api/channels",
                      Role::viewer,
                      "Where messages about incidents go",
                      {},
                      nullptr,
                      array(object({{"name", text()},
                                    {"kind", one_of({"email", "webhook"})},
                                    {"to", text()},
                                    {"least", severity_schema()},
                                    {"after_minutes", number()}})),
                      [&](Call& call) {
                          // A webhook's address is often its key: it is shown to nobody.
                          json list = json::array();
                          for (const Channel& one : incidents.channels()) {
                              list.push_back({{"name", one.name},
                                              {"kind", one.kind},
                                              {"to", one.to},
                                              {"least", to_string(one.least)},
                                              {"after_minutes", one.after_ms / kMinuteMs}});
                          }
                          send_json(call.response, list);
                      }});
    routes.push_back({"put",
                      "/api/channels/{name}",
                      Role::owner,
                      "Send messages somewhere: to all at once, or (after_minutes) only about what "
                      "nobody has acknowledged by then",
                      {},
                      body,
                      nullptr,
                      [&](Call& call) {
                          const Channel channel = channel_of(call);
                          audited(audit,
                                  {call.caller.name,
                                   "channel.put",
                                   channel.name,
                                   {{"kind", channel.kind}, {"to", channel.to}}},
                                  [&] { incidents.put(channel); });
                          call.response.status = 204;
                      }});
    routes.push_back({"delete",
                      "/api/channels/{name}",
                      Role::owner,
                      "Send nothing there any more, also not what it is owed",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string name = call.request.matches[1];
                          bool done = false;
                          audited(audit, {call.caller.name, "channel.remove", name, {}},
                                  [&] { done = incidents.remove_channel(name); });
                          done_or_missing(call, done, "channel");
                      }});
    routes.push_back({"post",
                      "/api/channels/{name}/test",
                      Role::fleet_operator,
                      "Send a message that says nothing but that the channel works",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string name = call.request.matches[1];
                          bool done = false;
                          audited(audit, {call.caller.name, "channel.test", name, {}},
                                  [&] { done = incidents.owe_test(name, now_ms()); });
                          done_or_missing(call, done, "channel");
                      }});
    return routes;
}

Routes rule_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes;
    routes.push_back(
        {"get",
         "/api/alarm-rules",
         Role::viewer,
         "Which decisions of devices are alarms",
         {},
         nullptr,
         array(object({{"label", text()}, {"severity", severity_schema()}})),
         [&](Call& call) {
             json list = json::array();
             for (const AlarmRule& one : incidents.rules())
                 list.push_back({{"label", one.label}, {"severity", to_string(one.severity)}});
             send_json(call.response, list);
         }});
    routes.push_back({"post",
                      "/api/alarm-rules",
                      Role::fleet_operator,
                      "Make decisions with this label alarms",
                      {},
                      object({{"label", text()}, {"severity", severity_schema()}}),
                      nullptr,
                      [&](Call& call) {
                          const AlarmRule rule{short_text(call.body, "label", true),
                                               severity_in(call.body, "severity")};
                          audited(audit,
                                  {call.caller.name,
                                   "alarm_rule.put",
                                   rule.label,
                                   {{"severity", to_string(rule.severity)}}},
                                  [&] { incidents.put(rule); });
                          call.response.status = 204;
                      }});
    routes.push_back({"delete",
                      "/api/alarm-rules/{label}",
                      Role::fleet_operator,
                      "Decisions with this label are no alarms any more",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string label = call.request.matches[1];
                          bool done = false;
                          audited(audit, {call.caller.name, "alarm_rule.remove", label, {}},
                                  [&] { done = incidents.remove_rule(label); });
                          done_or_missing(call, done, "rule");
                      }});
    return routes;
}

}  // namespace

Routes notice_routes(Incidents& incidents, AuditLog& audit) {
    Routes routes = silence_routes(incidents, audit);
    for (Routes more : {channel_routes(incidents, audit), rule_routes(incidents, audit)})
        routes.insert(routes.end(), more.begin(), more.end());
    return routes;
}

}  // namespace ganglion::fleet
