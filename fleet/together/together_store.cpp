#include "fleet/together/together_store.hpp"

#include <cmath>

#include "fleet/together/terms_json.hpp"

namespace ganglion::fleet::together {
namespace {

using nlohmann::json;

constexpr int64_t kDayMs = 86'400'000;
constexpr double kMicro = 1e6;
constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS terms (of TEXT PRIMARY KEY, terms TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS members (device TEXT PRIMARY KEY, of TEXT NOT NULL,"
    " grp TEXT NOT NULL, sequence INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    " numbers TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS members_of ON members (of, grp);"
    "CREATE TABLE IF NOT EXISTS priors (of TEXT NOT NULL, grp TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, time_ms INTEGER NOT NULL, contributors INTEGER NOT NULL,"
    " numbers TEXT NOT NULL, envelope BLOB NOT NULL, PRIMARY KEY (of, grp));"
    "CREATE TABLE IF NOT EXISTS refusals (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL,"
    " device TEXT NOT NULL, of TEXT NOT NULL, why TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS spent (device TEXT NOT NULL, day_ms INTEGER NOT NULL,"
    " contributions INTEGER NOT NULL, bytes INTEGER NOT NULL, micro_rho INTEGER NOT NULL,"
    " PRIMARY KEY (device, day_ms))";

std::string text_of(const std::vector<int32_t>& values) {
    return json(values).dump();
}

std::vector<int32_t> values_of(const std::string& text) {
    return json::parse(text).get<std::vector<int32_t>>();
}

MemberRow read_member(const Statement& row) {
    return {row.text(0),
            {row.text(1), row.text(2)},
            row.number<uint32_t>(3),
            row.integer(4),
            values_of(row.text(5))};
}

PriorRow read_prior(const Statement& row) {
    return {{row.text(0), row.text(1)}, row.number<uint32_t>(2), row.integer(3),
            row.number<uint32_t>(4),    values_of(row.text(5)),  row.text(6)};
}

}  // namespace

TogetherStore::TogetherStore(const std::filesystem::path& file) : database_(file) {
    database_.run(kSchema);
}

bool TogetherStore::put_terms(const std::string& of, const device::ShareTerms& terms) {
    const std::lock_guard lock(mutex_);
    if (const auto known = this->terms(of)) return *known == terms;
    database_.prepare("INSERT INTO terms (of, terms) VALUES (?,?)")
        .bind(of)
        .bind(to_json(terms).dump())
        .run();
    return true;
}

std::optional<device::ShareTerms> TogetherStore::terms(const std::string& of) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare("SELECT terms FROM terms WHERE of = ?");
    if (!row.bind(of).step()) return std::nullopt;
    return terms_from(json::parse(row.text(0)));
}

std::map<std::string, device::ShareTerms> TogetherStore::all_terms() {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare("SELECT of, terms FROM terms");
    std::map<std::string, device::ShareTerms> all;
    while (row.step()) all[row.text(0)] = terms_from(json::parse(row.text(1)));
    return all;
}

std::optional<MemberRow> TogetherStore::member(const std::string& device) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT device, of, grp, sequence, time_ms, numbers FROM members WHERE device = ?");
    if (!row.bind(device).step()) return std::nullopt;
    return read_member(row);
}

void TogetherStore::put(const MemberRow& member) {
    const std::lock_guard lock(mutex_);
    database_
        .prepare(
            "REPLACE INTO members (device, of, grp, sequence, time_ms, numbers) VALUES "
            "(?,?,?,?,?,?)")
        .bind(member.device)
        .bind(member.name.of)
        .bind(member.name.group)
        .bind(int64_t{member.sequence})
        .bind(member.time_ms)
        .bind(text_of(member.values))
        .run();
}

std::vector<MemberRow> TogetherStore::members(const ClassName& name) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT device, of, grp, sequence, time_ms, numbers FROM members WHERE of = ? AND grp = ? "
        "ORDER BY device");
    row.bind(name.of).bind(name.group);
    std::vector<MemberRow> members;
    while (row.step()) members.push_back(read_member(row));
    return members;
}

std::map<ClassName, uint32_t> TogetherStore::contributors() {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT of, grp, COUNT(*) FROM members WHERE numbers != '[]' GROUP BY of, grp");
    std::map<ClassName, uint32_t> all;
    while (row.step()) all[{row.text(0), row.text(1)}] = row.number<uint32_t>(2);
    return all;
}

void TogetherStore::put(const PriorRow& prior) {
    const std::lock_guard lock(mutex_);
    database_
        .prepare(
            "REPLACE INTO priors (of, grp, sequence, time_ms, contributors, numbers, "
            "envelope) VALUES (?,?,?,?,?,?,?)")
        .bind(prior.name.of)
        .bind(prior.name.group)
        .bind(int64_t{prior.sequence})
        .bind(prior.time_ms)
        .bind(int64_t{prior.contributors})
        .bind(text_of(prior.values))
        .bind_blob(prior.envelope)
        .run();
}

std::optional<PriorRow> TogetherStore::prior(const ClassName& name) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT of, grp, sequence, time_ms, contributors, numbers, envelope FROM priors WHERE of = "
        "? AND grp = ?");
    if (!row.bind(name.of).bind(name.group).step()) return std::nullopt;
    return read_prior(row);
}

std::vector<PriorRow> TogetherStore::priors() {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT of, grp, sequence, time_ms, contributors, numbers, envelope FROM priors");
    std::vector<PriorRow> all;
    while (row.step()) all.push_back(read_prior(row));
    return all;
}

void TogetherStore::add(const RefusalRow& refusal) {
    const std::lock_guard lock(mutex_);
    database_.prepare("INSERT INTO refusals (time_ms, device, of, why) VALUES (?,?,?,?)")
        .bind(refusal.time_ms)
        .bind(refusal.device)
        .bind(refusal.of)
        .bind(refusal.why)
        .run();
    database_.prepare("DELETE FROM refusals WHERE id <= ?")
        .bind(database_.last_insert_id() - int64_t{kMostRefusals})
        .run();
}

std::vector<RefusalRow> TogetherStore::refusals(uint32_t limit) {
    const std::lock_guard lock(mutex_);
    Statement row =
        database_.prepare("SELECT time_ms, device, of, why FROM refusals ORDER BY id DESC LIMIT ?");
    row.bind(int64_t{limit});
    std::vector<RefusalRow> all;
    while (row.step()) all.push_back({row.integer(0), row.text(1), row.text(2), row.text(3)});
    return all;
}

void TogetherStore::spend(const std::string& device, int64_t time_ms, uint64_t contributions,
                          uint64_t bytes, double rho) {
    const std::lock_guard lock(mutex_);
    database_
        .prepare(
            "INSERT INTO spent (device, day_ms, contributions, bytes, micro_rho) VALUES "
            "(?,?,?,?,?) ON CONFLICT (device, day_ms) DO UPDATE SET contributions = "
            "contributions + excluded.contributions, bytes = bytes + excluded.bytes, "
            "micro_rho = micro_rho + excluded.micro_rho")
        .bind(device)
        .bind(time_ms - time_ms % kDayMs)
        .bind(static_cast<int64_t>(contributions))
        .bind(static_cast<int64_t>(bytes))
        .bind(std::llround(rho * kMicro))
        .run();
}

std::vector<SpentRow> TogetherStore::spent(int64_t from_ms, int64_t to_ms) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT device, day_ms, contributions, bytes, micro_rho, SUM(micro_rho) OVER (PARTITION BY "
        "device ORDER BY day_ms) FROM spent WHERE day_ms < ? ORDER BY device, day_ms");
    row.bind(to_ms);
    std::vector<SpentRow> all;
    while (row.step()) {
        if (row.integer(1) < from_ms) continue;
        all.push_back({row.text(0), row.integer(1), row.number<uint64_t>(2),
                       row.number<uint64_t>(3), double(row.integer(4)) / kMicro,
                       double(row.integer(5)) / kMicro});
    }
    return all;
}

}  // namespace ganglion::fleet::together
