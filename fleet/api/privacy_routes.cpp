#include "fleet/api/privacy_routes.hpp"

#include "fleet/api/audited.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr auto kDayMs = static_cast<int64_t>(Span::day);
constexpr int64_t kMostMs = int64_t{1} << 52;
constexpr int64_t kUsualDays = 30;

struct Range {
    int64_t from_ms, to_ms;
};

/// Whole days, the last 30 where nothing is said.
Range range_of(const httplib::Request& request) {
    const auto number = [&](const char* name, int64_t usual) {
        if (!request.has_param(name)) return usual;
        return whole_number(request.get_param_value(name), name, 0, kMostMs);
    };
    const int64_t to = number("to_ms", now_ms() + 1);
    return {number("from_ms", std::max<int64_t>(0, to - to % kDayMs - (kUsualDays - 1) * kDayMs)),
            to};
}

const std::vector<Parameter>& range_parameters() {
    static const std::vector<Parameter> parameters = {
        {"from_ms", "29 days before today if not said", number()},
        {"to_ms", "now if not said", number()}};
    return parameters;
}

int64_t bytes_in(const json& body, const char* name) {
    const auto value = body.find(name);
    if (value == body.end() || !value->is_number_integer() || *value < 0 || *value > kMostMs)
        throw BadRequest(std::string(name) + " must be a whole number of bytes");
    return value->get<int64_t>();
}

std::string device_in(const Call& call) {
    std::string device = call.request.matches[1];
    if (device != "*" && !is_valid_device_id(device))
        throw BadRequest("a budget is for a device's id, or for * (every other one)");
    return device;
}

}  // namespace

Routes privacy_routes(PrivacyLedger& ledger, const Pki& pki, AuditLog& audit) {
    Routes routes;
    routes.push_back(
        {"get", "/api/privacy", Role::viewer,
         "What each device sensed and let out on each day, against its budget", range_parameters(),
         nullptr,
         array(object({{"device", text()},
                       {"day_ms", number()},
                       {"bytes_sensed", number()},
                       {"bytes_sent", number()},
                       {"bytes_gate", number()},
                       {"bytes_shared", number()},
                       {"contributions", number()},
                       {"rho", real()},
                       {"rho_so_far", real()},
                       {"budget_gate", number_or_null()},
                       {"budget_sent", number_or_null()},
                       {"breach", flag()}})),
         [&](Call& call) {
             const Range range = range_of(call.request);
             json list = json::array();
             for (const PrivacyDay& day : ledger.days(range.from_ms, range.to_ms)) {
                 list.push_back(
                     {{"device", day.device},
                      {"day_ms", day.day_ms},
                      {"bytes_sensed", day.bytes_sensed},
                      {"bytes_sent", day.bytes_sent},
                      {"bytes_gate", day.bytes_gate},
                      {"bytes_shared", day.shared.bytes},
                      {"contributions", day.shared.contributions},
                      {"rho", day.shared.rho},
                      {"rho_so_far", day.shared.rho_so_far},
                      {"budget_gate", day.budget ? json(day.budget->bytes_gate) : json()},
                      {"budget_sent", day.budget ? json(day.budget->bytes_sent) : json()},
                      {"breach", day.is_breach()}});
             }
             send_json(call.response, list);
         }});
    routes.push_back({"get", "/api/privacy/export", Role::viewer,
                      "The same, signed by the server, for an auditor", range_parameters(), nullptr,
                      object({{"body", text()}, {"signature", text()}, {"certificate", text()}}),
                      [&](Call& call) {
                          const Range range = range_of(call.request);
                          send_json(call.response, ledger.signed_export(pki, range.from_ms,
                                                                        range.to_ms, now_ms()));
                      }});
    routes.push_back(
        {"put",
         "/api/privacy/budgets/{device}",
         Role::owner,
         "What a device (*: every one without its own) may let out in a day",
         {},
         object({{"bytes_gate", number()}, {"bytes_sent", number()}}),
         nullptr,
         [&](Call& call) {
             const PrivacyBudget budget{device_in(call), bytes_in(call.body, "bytes_gate"),
                                        bytes_in(call.body, "bytes_sent")};
             audited(audit,
                     {call.caller.name,
                      "privacy.budget",
                      budget.device,
                      {{"bytes_gate", budget.bytes_gate}, {"bytes_sent", budget.bytes_sent}}},
                     [&] { ledger.put(budget); });
             call.response.status = 204;
         }});
    routes.push_back({"delete",
                      "/api/privacy/budgets/{device}",
                      Role::owner,
                      "No budget any more",
                      {},
                      nullptr,
                      nullptr,
                      [&](Call& call) {
                          const std::string device = device_in(call);
                          bool done = false;
                          audited(audit, {call.caller.name, "privacy.no_budget", device, {}},
                                  [&] { done = ledger.remove_budget(device); });
                          if (!done) return send_error(call.response, 404, "no such budget");
                          call.response.status = 204;
                      }});
    return routes;
}

}  // namespace ganglion::fleet
