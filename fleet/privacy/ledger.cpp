#include "fleet/privacy/ledger.hpp"

#include <fmt/core.h>

#include <map>
#include <tuple>
#include <utility>

#include "fleet/base/files.hpp"
#include "fleet/pki/request.hpp"

namespace ganglion::fleet {
namespace {

constexpr const char* kEveryOther = "*";
constexpr auto kDayMs = static_cast<int64_t>(Span::day);

}  // namespace

PrivacyLedger::PrivacyLedger(const std::filesystem::path& file, Store& store, Spent spent)
    : store_(store), spent_(std::move(spent)), database_(file) {
    database_.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS budgets "
        "(device TEXT PRIMARY KEY, bytes_gate INTEGER NOT NULL, bytes_sent INTEGER NOT NULL)");
}

void PrivacyLedger::put(const PrivacyBudget& budget) {
    const std::lock_guard lock(mutex_);
    database_.prepare("REPLACE INTO budgets (device, bytes_gate, bytes_sent) VALUES (?,?,?)")
        .bind(budget.device)
        .bind(budget.bytes_gate)
        .bind(budget.bytes_sent)
        .run();
}

bool PrivacyLedger::remove_budget(const std::string& device) {
    const std::lock_guard lock(mutex_);
    return database_.prepare("DELETE FROM budgets WHERE device = ?").bind(device).run() > 0;
}

std::vector<PrivacyBudget> PrivacyLedger::budgets() {
    const std::lock_guard lock(mutex_);
    Statement row =
        database_.prepare("SELECT device, bytes_gate, bytes_sent FROM budgets ORDER BY device");
    std::vector<PrivacyBudget> budgets;
    while (row.step()) budgets.push_back({row.text(0), row.integer(1), row.integer(2)});
    return budgets;
}

std::vector<PrivacyDay> PrivacyLedger::days(int64_t from_ms, int64_t to_ms) {
    std::map<std::string, PrivacyBudget> budgets_of;
    for (const PrivacyBudget& budget : budgets()) budgets_of[budget.device] = budget;
    std::map<std::pair<std::string, int64_t>, PrivacyDay> days;
    for (const auto& [device, rows] : store_.device_rollups({"", Span::day, from_ms, to_ms})) {
        for (const RollupRow& row : rows) {
            PrivacyDay& day = days[{device, row.start_ms}];
            day.bytes_sensed = row.bytes_sensed;
            day.bytes_sent = row.bytes_sent;
            day.bytes_gate = row.bytes_gate;
        }
    }
    for (together::SpentRow& spent : spent_(from_ms, to_ms))
        days[{spent.device, spent.day_ms}].shared = std::move(spent);
    std::vector<PrivacyDay> list;
    for (auto& [at, day] : days) {
        std::tie(day.device, day.day_ms) = at;
        auto budget = budgets_of.find(day.device);
        if (budget == budgets_of.end()) budget = budgets_of.find(kEveryOther);
        if (budget != budgets_of.end()) day.budget = budget->second;
        list.push_back(std::move(day));
    }
    return list;
}

std::vector<Alarm> PrivacyLedger::breaches(int64_t now_ms) {
    std::vector<Alarm> alarms;
    if (budgets().empty()) return alarms;
    const int64_t today = now_ms - now_ms % kDayMs;
    for (const PrivacyDay& day : days(today - kDayMs, today + kDayMs)) {
        if (!day.is_breach()) continue;
        alarms.push_back({"privacy", day.device, "", Severity::critical,
                          fmt::format("{} let out {} bytes of samples (budget {}) and {} bytes in "
                                      "all (budget {}) on one day",
                                      day.device, day.bytes_gate, day.budget->bytes_gate,
                                      day.bytes_sent, day.budget->bytes_sent),
                          day.day_ms});
    }
    return alarms;
}

nlohmann::json PrivacyLedger::signed_export(const Pki& pki, int64_t from_ms, int64_t to_ms,
                                            int64_t now_ms) {
    nlohmann::json rows = nlohmann::json::array();
    for (const PrivacyDay& day : days(from_ms, to_ms)) {
        nlohmann::json row = {{"device", day.device},
                              {"day_ms", day.day_ms},
                              {"bytes_sensed", day.bytes_sensed},
                              {"bytes_sent", day.bytes_sent},
                              {"bytes_gate", day.bytes_gate},
                              {"bytes_shared", day.shared.bytes},
                              {"contributions", day.shared.contributions},
                              {"rho", day.shared.rho},
                              {"rho_so_far", day.shared.rho_so_far},
                              {"breach", day.is_breach()}};
        if (day.budget) {
            row["budget_gate"] = day.budget->bytes_gate;
            row["budget_sent"] = day.budget->bytes_sent;
        }
        rows.push_back(std::move(row));
    }
    const std::string body = nlohmann::json{
        {"made_ms", now_ms},
        {"from_ms", from_ms},
        {"to_ms", to_ms},
        {"days", rows}}.dump();
    const Key key = key_from_pem(read_file(pki.key_file("server")));
    return {{"body", body},
            {"signature", to_base64(sign(key.get(), body))},
            {"certificate", read_file(pki.certificate_file("server"))}};
}

std::optional<std::string> fault_of_export(const nlohmann::json& exported,
                                           const std::string& ca_pem) {
    for (const char* name : {"body", "signature", "certificate"})
        if (!exported.is_object() || !exported.contains(name) || !exported[name].is_string())
            return std::string("it has no ") + name;
    try {
        const Certificate authority = certificate_from_pem(ca_pem);
        const Certificate server = certificate_from_pem(exported["certificate"]);
        if (!is_signed_by(server.get(), authority.get()) ||
            facts_of(server.get()).common_name != Pki::server_id)
            return "its certificate is not the server's of this fleet";
        const Key key(X509_get_pubkey(server.get()));
        if (!is_signature(key.get(), exported["body"].get<std::string>(),
                          from_base64(exported["signature"])))
            return "it was changed after it was signed";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return std::nullopt;
}

}  // namespace ganglion::fleet
