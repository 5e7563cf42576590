#include "fleet/rollout/rollout_reader.hpp"

namespace ganglion::fleet {

RolloutReader::RolloutReader(const std::filesystem::path& file) : database_(open_rollouts(file)) {
    database_.run("PRAGMA query_only = ON");
}

std::optional<KnownDevice> RolloutReader::device(const std::string& id) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(std::string(kDeviceColumns) + "WHERE id = ?");
    row.bind(id);
    if (!row.step()) return std::nullopt;
    return device_row(row);
}

int64_t RolloutReader::device_count(const std::string& application, const std::string& pattern,
                                    const Attributes& attributes) {
    const std::lock_guard lock(mutex_);
    if (pattern.empty() && attributes.empty()) {
        Statement sum = database_.prepare(
            "SELECT coalesce(sum(devices), 0) FROM applications WHERE ?1 = '' OR application = ?1");
        sum.bind(application);
        sum.step();
        return sum.integer(0);
    }
    std::string sql;
    std::vector<std::string> values;
    const auto demand = [&](const std::string& what, std::initializer_list<std::string> with) {
        sql += (sql.empty() ? " WHERE " : " AND ") + what;
        values.insert(values.end(), with);
    };
    if (!application.empty()) demand("application = ?", {application});
    if (!pattern.empty()) demand("id GLOB ?", {pattern});
    for (const auto& [name, value] : attributes)
        demand("number IN (SELECT device FROM attributes WHERE name = ? AND value = ?)",
               {name, value});
    Statement count = database_.prepare("SELECT count(*) FROM devices" + sql);
    for (const std::string& value : values) count.bind(value);
    count.step();
    return count.integer(0);
}

std::vector<NamedTarget> RolloutReader::named_targets(int64_t rollout,
                                                      std::optional<TargetState> state,
                                                      std::optional<uint32_t> stage,
                                                      const std::string& after, size_t limit) {
    // By state the index leads; without, the primary key: a page is a page, however large the
    // fleet.
    std::string sql =
        "SELECT t.device, t.stage, t.state, t.reason, t.since_ms, t.attempts, d.id, d.online, "
        "d.seen_ms FROM targets t JOIN devices d ON d.number = t.device WHERE t.rollout = ?";
    if (state) sql += " AND t.state = ?";
    if (stage) sql += " AND t.stage = ?";
    if (!after.empty()) sql += " AND t.device > (SELECT number FROM devices WHERE id = ?)";
    sql += " ORDER BY t.device LIMIT ?";
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(sql);
    row.bind(rollout);
    if (state) row.bind(static_cast<int64_t>(*state));
    if (stage) row.bind(*stage);
    if (!after.empty()) row.bind(after);
    row.bind(static_cast<int64_t>(limit));
    std::vector<NamedTarget> targets;
    while (row.step())
        targets.push_back({row.text(6), target_row(row), row.integer(7) != 0, row.integer(8)});
    return targets;
}

std::vector<DecisionRow> RolloutReader::decisions(int64_t rollout, size_t limit) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT id, time_ms, kind, text, numbers FROM decisions WHERE rollout = ? ORDER BY id DESC "
        "LIMIT ?");
    row.bind(rollout).bind(static_cast<int64_t>(limit));
    std::vector<DecisionRow> decisions;
    while (row.step())
        decisions.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3),
                             nlohmann::json::parse(row.text(4))});
    return decisions;
}

}  // namespace ganglion::fleet
