#include "fleet/api/access_routes.hpp"

#include "fleet/api/audited.hpp"
#include "fleet/api/guard.hpp"
#include "fleet/api/schema.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
constexpr size_t kMostEntries = 1000;

json role_schema() {
    return one_of({"viewer", "operator", "owner"});
}

void done(Call& call) {
    call.response.status = 204;
}

void set_cookie(Call& call, const std::string& secret, int64_t seconds) {
    call.response.set_header("Set-Cookie", std::string(kSessionCookie) + "=" + secret +
                                               "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" +
                                               std::to_string(seconds) +
                                               (call.is_secure ? "; Secure" : ""));
}

Routes session_routes(Access& access, AuditLog& audit, RateLimit& log_ins) {
    Routes routes;
    routes.push_back({"post",
                      "/api/login",
                      std::nullopt,
                      "Begin a session of 12 h, kept in a cookie",
                      {},
                      object({{"name", text()}, {"password", text()}}),
                      nullptr,
                      [&](Call& call) {
                          const std::string name = text_of(call.body, "name");
                          const std::string password = text_of(call.body, "password");
                          if (!log_ins.take("name " + name) ||
                              !log_ins.take("from " + call.request.remote_addr)) {
                              call.response.set_header("Retry-After", "10");
                              return send_error(call.response, 429,
                                                "too many log-ins: wait ten seconds");
                          }
                          const auto session = access.log_in(name, password);
                          audit.append({session ? name : "nobody",
                                        session ? "operator.log_in" : "operator.log_in_refused",
                                        name,
                                        {{"from", call.request.remote_addr}}});
                          if (!session)
                              return send_error(call.response, 401, "wrong name or password");
                          set_cookie(call, *session, Access::kSessionMs / 1000);
                          done(call);
                      }});
    routes.push_back({"post",
                      "/api/logout",
                      Role::viewer,
                      "End the session",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          if (const auto session = session_of(call.request)) {
                              access.log_out(*session);
                              audit.append({call.caller.name, "operator.log_out", "", {}});
                          }
                          set_cookie(call, "", 0);
                          done(call);
                      }});
    routes.push_back({"get",
                      "/api/me",
                      Role::viewer,
                      "Who asks, and what he may do",
                      {},
                      nullptr,
                      object({{"name", text()},
                              {"role", role_schema()},
                              {"organisation", text()},
                              {"open", flag()}}),
                      [&](Call& call) {
                          send_json(call.response, {{"name", call.caller.name},
                                                    {"role", to_string(call.caller.role)},
                                                    {"organisation", access.organisation()},
                                                    {"open", access.is_open()}});
                      }});
    return routes;
}

Routes operator_routes(Access& access, AuditLog& audit) {
    Routes routes;
    routes.push_back(
        {"get",
         "/api/operators",
         Role::owner,
         "Who may use this fleet",
         {},
         nullptr,
         array(object({{"name", text()}, {"role", role_schema()}, {"created_ms", number()}})),
         [&](Call& call) {
             json list = json::array();
             for (const OperatorRow& row : access.operators()) {
                 list.push_back({{"name", row.name},
                                 {"role", to_string(row.role)},
                                 {"created_ms", row.created_ms}});
             }
             send_json(call.response, list);
         }});
    routes.push_back(
        {"post",
         "/api/operators",
         Role::owner,
         "Let somebody in",
         {},
         object({{"name", text()}, {"role", role_schema()}, {"password", text()}}),
         nullptr,
         [&](Call& call) {
             const std::string name = text_of(call.body, "name");
             const Role role = role_of(text_of(call.body, "role"));
             const std::string password = text_of(call.body, "password");
             audited(audit, {call.caller.name, "operator.add", name, {{"role", to_string(role)}}},
                     [&] { access.add_operator(name, role, password); });
             done(call);
         }});
    routes.push_back(
        {"put",
         "/api/operators/{name}",
         Role::owner,
         "Change what somebody may do",
         {},
         object({{"role", role_schema()}}),
         nullptr,
         [&](Call& call) {
             const std::string name = call.request.matches[1];
             const Role role = role_of(text_of(call.body, "role"));
             audited(audit, {call.caller.name, "operator.role", name, {{"role", to_string(role)}}},
                     [&] { access.set_role(name, role); });
             done(call);
         }});
    routes.push_back({"delete",
                      "/api/operators/{name}",
                      Role::owner,
                      "Shut somebody out, with his sessions and tokens",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string name = call.request.matches[1];
                          audited(audit, {call.caller.name, "operator.remove", name, {}},
                                  [&] { access.remove_operator(name); });
                          done(call);
                      }});
    return routes;
}

Routes token_routes(Access& access, AuditLog& audit) {
    Routes routes;
    routes.push_back({"get",
                      "/api/tokens",
                      Role::owner,
                      "Tokens of all operators",
                      {},
                      nullptr,
                      array(object({{"id", text()},
                                    {"owner", text()},
                                    {"label", text()},
                                    {"scope", role_schema()},
                                    {"expires_ms", number()}})),
                      [&](Call& call) {
                          json list = json::array();
                          for (const TokenRow& row : access.tokens()) {
                              list.push_back({{"id", row.id},
                                              {"owner", row.owner},
                                              {"label", row.label},
                                              {"scope", to_string(row.scope)},
                                              {"expires_ms", row.expires_ms}});
                          }
                          send_json(call.response, list);
                      }});
    routes.push_back(
        {"post",
         "/api/tokens",
         Role::owner,
         "A token for a program; its secret is shown this once",
         {},
         object(
             {{"owner", text()}, {"scope", role_schema()}, {"label", text()}, {"days", number(1)}}),
         object({{"secret", text()}}),
         [&](Call& call) {
             const std::string owner = text_of(call.body, "owner");
             const Role scope = role_of(text_of(call.body, "scope"));
             const std::string label = text_of(call.body, "label");
             const auto days = call.body.find("days");
             if (days == call.body.end() || !days->is_number_integer() ||
                 days->get<int64_t>() < 1 || days->get<int64_t>() > 366) {
                 throw BadRequest("the body needs \"days\", a whole number from 1 to 366");
             }
             std::string secret;
             audited(audit,
                     {call.caller.name,
                      "token.add",
                      owner,
                      {{"scope", to_string(scope)}, {"label", label}, {"days", *days}}},
                     [&] {
                         secret =
                             access.add_token(owner, scope, days->get<int64_t>() * kDayMs, label);
                     });
             send_json(call.response, {{"secret", secret}});
         }});
    routes.push_back({"delete",
                      "/api/tokens/{id}",
                      Role::owner,
                      "Make a token worthless",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string id = call.request.matches[1];
                          audited(audit, {call.caller.name, "token.revoke", id, {}},
                                  [&] { access.revoke_token(id); });
                          done(call);
                      }});
    return routes;
}

}  // namespace

Routes access_routes(Access& access, AuditLog& audit, RateLimit& log_ins,
                     const std::filesystem::path& audit_file) {
    Routes routes = session_routes(access, audit, log_ins);
    for (Routes more : {operator_routes(access, audit), token_routes(access, audit)})
        routes.insert(routes.end(), more.begin(), more.end());
    routes.push_back(
        {"get",
         "/api/audit",
         Role::owner,
         "The newest entries of the audit log, oldest first",
         {{"limit", "at most so many, 1 to 1000; 100 if not said", number(1)}},
         nullptr,
         object({{"entries", array(object({{"action", text()},
                                           {"actor", text()},
                                           {"detail", {{"type", "object"}}},
                                           {"hash", text()},
                                           {"number", number(1)},
                                           {"object", text()},
                                           {"previous", text()},
                                           {"time_ms", number()}}))}}),
         [audit_file](Call& call) {
             size_t limit = 100;
             if (call.request.has_param("limit")) {
                 limit = static_cast<size_t>(
                     whole_number(call.request.get_param_value("limit"), "limit", 1, kMostEntries));
             }
             send_json(call.response, {{"entries", read_audit_log(audit_file, limit)}});
         }});
    return routes;
}

}  // namespace ganglion::fleet
