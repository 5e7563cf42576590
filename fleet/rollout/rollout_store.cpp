#include "fleet/rollout/rollout_store.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kSchemaVersion = 1;

/// `place`: where the device lies on the circle. `status`: its last update-status as it came.
/// `total`, `before`, `since`: Observed, as ten little-endian numbers of 64 bits.
constexpr const char* kSchema = R"sql(
CREATE TABLE devices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    place INTEGER NOT NULL,
    application TEXT NOT NULL DEFAULT '',
    online INTEGER NOT NULL DEFAULT 0,
    seen_ms INTEGER NOT NULL DEFAULT 0,
    status BLOB NOT NULL DEFAULT x'',
    total BLOB NOT NULL DEFAULT x''
);
CREATE INDEX devices_by_place ON devices (place);
CREATE INDEX devices_by_application ON devices (application, id);
CREATE TABLE rollouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    spec TEXT NOT NULL,
    state INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    stage_ms INTEGER NOT NULL,
    settled_ms INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    looked_ms INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    compares INTEGER NOT NULL,
    why TEXT NOT NULL
);
CREATE TABLE targets (
    rollout INTEGER NOT NULL,
    device INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (rollout, device)
) WITHOUT ROWID;
CREATE INDEX targets_by_state ON targets (rollout, state, since_ms);
CREATE TABLE arms (
    rollout INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    device INTEGER NOT NULL,
    canary INTEGER NOT NULL,
    before BLOB NOT NULL,
    since BLOB NOT NULL,
    PRIMARY KEY (rollout, stage, device)
) WITHOUT ROWID;
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    numbers TEXT NOT NULL
);
CREATE INDEX decisions_of_rollout ON decisions (rollout, id);
)sql";

int64_t version_of(Database& database) {
    Statement version = database.prepare("PRAGMA user_version");
    version.step();
    return version.integer(0);
}

void prepare(Database& database, const std::filesystem::path& file) {
    database.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;");
    Transaction transaction(database);
    const int64_t version = version_of(database);
    if (version > kSchemaVersion)
        throw StoreError(file.string() +
                         ": made by a later version of ganglion: use that one, or another folder");
    if (version == kSchemaVersion) return;
    database.run(kSchema);
    database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
}

Database opened(const std::filesystem::path& file) {
    Database database(file);
    prepare(database, file);
    return database;
}

constexpr const char* kDeviceColumns =
    "SELECT number, id, place, application, online, seen_ms, status, total FROM devices ";
constexpr const char* kTargetColumns =
    "SELECT device, stage, state, reason, since_ms, attempts FROM targets ";

using ObservedWords = std::array<uint64_t, 2 + update::HealthRule::kBins>;
static_assert(std::endian::native == std::endian::little);

std::string packed(const Observed& observed) {
    ObservedWords words{observed.inferences, observed.alerts};
    std::copy(observed.bins.begin(), observed.bins.end(), words.begin() + 2);
    return {reinterpret_cast<const char*>(words.data()), sizeof words};
}

Observed unpacked(const std::string& bytes) {
    ObservedWords words{};
    std::memcpy(words.data(), bytes.data(), std::min(bytes.size(), sizeof words));
    Observed observed{words[0], words[1], {}};
    std::copy(words.begin() + 2, words.end(), observed.bins.begin());
    return observed;
}

KnownDevice device_row(const Statement& row) {
    return {row.integer(0),      row.text(1),    row.integer(2), row.text(3),
            row.integer(4) != 0, row.integer(5), row.text(6),    unpacked(row.text(7))};
}

Target target_row(const Statement& row) {
    return {row.integer(0), row.number<uint32_t>(1), static_cast<TargetState>(row.integer(2)),
            row.text(3),    row.integer(4),          row.number<uint32_t>(5)};
}

}  // namespace

std::string_view to_string(RolloutState state) {
    switch (state) {
        case RolloutState::running:
            return "running";
        case RolloutState::paused:
            return "paused";
        case RolloutState::rolling_back:
            return "rolling back";
        case RolloutState::done:
            return "done";
        case RolloutState::rolled_back:
            return "rolled back";
    }
    return "unknown";
}

RolloutStore::RolloutStore(const std::filesystem::path& file)
    : database_(opened(file)),
      device_by_id_(database_.prepare(std::string(kDeviceColumns) + "WHERE id = ?")),
      device_by_number_(database_.prepare(std::string(kDeviceColumns) + "WHERE number = ?")),
      add_device_(database_.prepare("INSERT INTO devices (id, place) VALUES (?, ?)")),
      write_device_(
          database_.prepare("UPDATE devices SET application = ?, online = ?, seen_ms = ?, "
                            "status = ?, total = ? WHERE number = ?")),
      devices_between_(database_.prepare(std::string(kDeviceColumns) +
                                         "WHERE place >= ? AND place < ? ORDER BY place LIMIT ?")),
      target_(database_.prepare(std::string(kTargetColumns) + "WHERE rollout = ? AND device = ?")),
      write_target_(database_.prepare(
          "INSERT INTO targets (rollout, device, stage, state, reason, since_ms, attempts) VALUES "
          "(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET stage = ?3, state = ?4, reason = ?5, "
          "since_ms = ?6, attempts = ?7")),
      targets_in_state_(database_.prepare(
          std::string(kTargetColumns) +
          "WHERE rollout = ? AND state = ? AND since_ms < ? ORDER BY since_ms LIMIT ?")),
      write_arm_(database_.prepare("INSERT OR REPLACE INTO arms (rollout, stage, device, canary, "
                                   "before, since) VALUES (?,?,?,?,?,?)")) {}

std::optional<KnownDevice> RolloutStore::device(const std::string& id) {
    device_by_id_.reset().bind(id);
    if (!device_by_id_.step()) return std::nullopt;
    KnownDevice device = device_row(device_by_id_);
    device_by_id_.reset();
    return device;
}

std::optional<KnownDevice> RolloutStore::device(int64_t number) {
    device_by_number_.reset().bind(number);
    if (!device_by_number_.step()) return std::nullopt;
    KnownDevice device = device_row(device_by_number_);
    device_by_number_.reset();
    return device;
}

KnownDevice RolloutStore::add_device(const std::string& id) {
    const std::string digest = sha256_hex(id);
    KnownDevice device;
    device.id = id;
    device.place = static_cast<int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16) >> 2);
    add_device_.reset().bind(id).bind(device.place).run();
    device.number = database_.last_insert_id();
    return device;
}

void RolloutStore::write(const KnownDevice& device) {
    write_device_.reset()
        .bind(device.application)
        .bind(device.online ? 1 : 0)
        .bind(device.seen_ms)
        .bind_blob(device.status)
        .bind_blob(packed(device.total))
        .bind(device.number)
        .run();
}

std::vector<KnownDevice> RolloutStore::devices_between(int64_t low, int64_t high, size_t limit) {
    devices_between_.reset().bind(low).bind(high).bind(static_cast<int64_t>(limit));
    std::vector<KnownDevice> devices;
    while (devices_between_.step()) devices.push_back(device_row(devices_between_));
    devices_between_.reset();
    return devices;
}

int64_t RolloutStore::device_count(const std::string& application, const std::string& pattern) {
    // In the words of an index each, so that a million are counted in milliseconds.
    std::string sql = "SELECT count(*) FROM devices";
    if (!application.empty()) sql += " WHERE application = ?";
    if (!pattern.empty())
        sql += std::string(application.empty() ? " WHERE" : " AND") + " id GLOB ?";
    Statement count = database_.prepare(sql);
    if (!application.empty()) count.bind(application);
    if (!pattern.empty()) count.bind(pattern);
    count.step();
    return count.integer(0);
}

int RolloutStore::set_all_offline() {
    return database_.prepare("UPDATE devices SET online = 0 WHERE online <> 0").run();
}

int64_t RolloutStore::add_rollout(const RolloutRow& row) {
    database_
        .prepare(
            "INSERT INTO rollouts (spec, state, created_ms, stage, stage_ms, settled_ms, "
            "cursor, looked_ms, looks, compares, why) VALUES (?,?,?,0,0,0,0,0,0,0,'')")
        .bind(to_json(row.spec).dump())
        .bind(static_cast<int64_t>(row.state))
        .bind(row.created_ms)
        .run();
    RolloutRow written = row;
    written.id = database_.last_insert_id();
    write(written);
    return written.id;
}

void RolloutStore::write(const RolloutRow& row) {
    database_
        .prepare(
            "UPDATE rollouts SET state = ?, stage = ?, stage_ms = ?, settled_ms = ?, cursor = "
            "?, looked_ms = ?, looks = ?, compares = ?, why = ? WHERE id = ?")
        .bind(static_cast<int64_t>(row.state))
        .bind(row.stage)
        .bind(row.stage_ms)
        .bind(row.settled_ms)
        .bind(row.cursor)
        .bind(row.looked_ms)
        .bind(row.looks)
        .bind(row.compares ? 1 : 0)
        .bind(row.why)
        .bind(row.id)
        .run();
}

std::vector<RolloutRow> RolloutStore::rollouts() {
    Statement row = database_.prepare(
        "SELECT id, spec, state, created_ms, stage, stage_ms, settled_ms, cursor, looked_ms, "
        "looks, "
        "compares, why FROM rollouts ORDER BY id");
    std::vector<RolloutRow> rows;
    while (row.step())
        rows.push_back({row.integer(0), read_spec(nlohmann::json::parse(row.text(1))),
                        static_cast<RolloutState>(row.integer(2)), row.integer(3),
                        row.number<uint32_t>(4), row.integer(5), row.integer(6), row.integer(7),
                        row.integer(8), row.number<uint32_t>(9), row.integer(10) != 0,
                        row.text(11)});
    return rows;
}

std::optional<Target> RolloutStore::target(int64_t rollout, int64_t device) {
    target_.reset().bind(rollout).bind(device);
    if (!target_.step()) return std::nullopt;
    Target target = target_row(target_);
    target_.reset();
    return target;
}

void RolloutStore::write(int64_t rollout, const Target& target) {
    write_target_.reset()
        .bind(rollout)
        .bind(target.device)
        .bind(target.stage)
        .bind(static_cast<int64_t>(target.state))
        .bind(target.reason)
        .bind(target.since_ms)
        .bind(target.attempts)
        .run();
}

std::vector<Target> RolloutStore::read_targets(Statement& statement) {
    std::vector<Target> targets;
    while (statement.step()) targets.push_back(target_row(statement));
    statement.reset();
    return targets;
}

std::vector<Target> RolloutStore::targets(int64_t rollout, TargetState state, int64_t before_ms,
                                          size_t limit) {
    targets_in_state_.reset()
        .bind(rollout)
        .bind(static_cast<int64_t>(state))
        .bind(before_ms)
        .bind(static_cast<int64_t>(limit));
    return read_targets(targets_in_state_);
}

std::vector<NamedTarget> RolloutStore::named_targets(int64_t rollout,
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

void RolloutStore::move_all(int64_t rollout, TargetState from, TargetState to,
                            const std::string& reason, int64_t now_ms) {
    database_
        .prepare(
            "UPDATE targets SET state = ?, reason = ?, since_ms = ?, attempts = 0 WHERE rollout "
            "= ? AND state = ?")
        .bind(static_cast<int64_t>(to))
        .bind(reason)
        .bind(now_ms)
        .bind(rollout)
        .bind(static_cast<int64_t>(from))
        .run();
}

void RolloutStore::count_targets(int64_t rollout,
                                 const std::function<void(uint32_t, TargetState, int64_t)>& take) {
    Statement row = database_.prepare(
        "SELECT stage, state, count(*) FROM targets WHERE rollout = ? GROUP BY stage, state");
    row.bind(rollout);
    while (row.step())
        take(row.number<uint32_t>(0), static_cast<TargetState>(row.integer(1)), row.integer(2));
}

void RolloutStore::write_arm(int64_t rollout, uint32_t stage, const ArmRow& arm) {
    write_arm_.reset()
        .bind(rollout)
        .bind(stage)
        .bind(arm.device)
        .bind(arm.canary ? 1 : 0)
        .bind_blob(packed(arm.seen.before))
        .bind_blob(packed(arm.seen.since))
        .run();
}

std::vector<ArmRow> RolloutStore::arms(int64_t rollout, uint32_t stage) {
    Statement row = database_.prepare(
        "SELECT device, canary, before, since FROM arms WHERE rollout = ? AND stage = ?");
    row.bind(rollout).bind(stage);
    std::vector<ArmRow> arms;
    while (row.step())
        arms.push_back(
            {row.integer(0), row.integer(1) != 0, {unpacked(row.text(2)), unpacked(row.text(3))}});
    return arms;
}

void RolloutStore::add_decision(int64_t rollout, const DecisionRow& decision) {
    database_
        .prepare("INSERT INTO decisions (rollout, time_ms, kind, text, numbers) VALUES (?,?,?,?,?)")
        .bind(rollout)
        .bind(decision.time_ms)
        .bind(decision.kind)
        .bind(decision.text)
        .bind(decision.numbers.dump())
        .run();
}

std::vector<DecisionRow> RolloutStore::decisions(int64_t rollout, size_t limit) {
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
