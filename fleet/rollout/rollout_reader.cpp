#include "fleet/rollout/rollout_reader.hpp"

#include <fmt/core.h>

#include "fleet/rollout/cohort.hpp"

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
    return cohort_size(database_, application, pattern, attributes);
}

std::vector<NamedTarget> RolloutReader::named_targets(int64_t rollout,
                                                      std::optional<TargetState> state,
                                                      std::optional<uint32_t> stage,
                                                      const std::string& after, size_t limit) {
    // Each stage and state is a range of an index, the whole rollout the primary key: a page is a
    // page, however large the fleet and however few those are that are looked for.
    const std::string behind =
        after.empty() ? "?2 = ''" : "device > (SELECT number FROM devices WHERE id = ?2)";
    std::string pages;
    const auto add_page = [&](const std::string& index, const std::string& where) {
        pages += fmt::format(
            "{}SELECT * FROM (SELECT device FROM targets {} WHERE rollout = ?1 AND {} AND {} ORDER "
            "BY device LIMIT ?3)",
            pages.empty() ? "" : " UNION ALL ", index, where, behind);
    };
    for (uint32_t i = stage.value_or(0); (state || stage) && i < (stage ? *stage + 1 : kMostStages);
         ++i)
        for (size_t j = 0; j < kTargetStates; ++j)
            if (!state || static_cast<size_t>(*state) == j)
                add_page("INDEXED BY targets_of_state",
                         fmt::format("stage = {} AND state = {}", i, j));
    if (pages.empty()) add_page("", "1");
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT t.device, t.stage, t.state, t.reason, t.since_ms, t.attempts, d.id, d.online, "
        "d.seen_ms FROM (SELECT device FROM (" +
        pages +
        ") ORDER BY device LIMIT ?3) page CROSS JOIN targets t ON t.rollout = ?1 AND t.device = "
        "page.device CROSS JOIN devices d ON d.number = t.device ORDER BY t.device");
    row.bind(rollout).bind(after).bind(static_cast<int64_t>(limit));
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
