#include "fleet/rollout/rollout_rows.hpp"

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kSchemaVersion = 2;

/// `place`: where the device lies on the circle. `status`: its last update-status as it came.
/// `applications`: how many devices run each, kept by triggers, since counting a million takes
/// long. `total`, `before`, `since`: Observed, packed. `targets_by_state` is for what waits
/// longest, `targets_of_state` for pages of those in a stage and state.
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS devices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    place INTEGER NOT NULL,
    application TEXT NOT NULL DEFAULT '',
    online INTEGER NOT NULL DEFAULT 0,
    seen_ms INTEGER NOT NULL DEFAULT 0,
    status BLOB NOT NULL DEFAULT x'',
    total BLOB NOT NULL DEFAULT x''
);
CREATE INDEX IF NOT EXISTS devices_on_circle ON devices (place, application, id);
CREATE INDEX IF NOT EXISTS devices_by_application ON devices (application, id);
CREATE TABLE IF NOT EXISTS applications (
    application TEXT PRIMARY KEY,
    devices INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS device_counted AFTER INSERT ON devices BEGIN
    INSERT INTO applications VALUES (new.application, 1)
        ON CONFLICT DO UPDATE SET devices = devices + 1;
END;
CREATE TRIGGER IF NOT EXISTS device_counted_again AFTER UPDATE OF application ON devices
WHEN old.application <> new.application BEGIN
    UPDATE applications SET devices = devices - 1 WHERE application = old.application;
    INSERT INTO applications VALUES (new.application, 1)
        ON CONFLICT DO UPDATE SET devices = devices + 1;
END;
CREATE TABLE IF NOT EXISTS attributes (
    device INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (device, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attributes_by_value ON attributes (name, value, device);
CREATE TABLE IF NOT EXISTS rollouts (
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
CREATE TABLE IF NOT EXISTS targets (
    rollout INTEGER NOT NULL,
    device INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (rollout, device)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS targets_by_state ON targets (rollout, state, since_ms);
CREATE INDEX IF NOT EXISTS targets_of_state ON targets (rollout, stage, state, device);
CREATE TABLE IF NOT EXISTS arms (
    rollout INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    device INTEGER NOT NULL,
    canary INTEGER NOT NULL,
    before BLOB NOT NULL,
    since BLOB NOT NULL,
    PRIMARY KEY (rollout, stage, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    numbers TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS decisions_of_rollout ON decisions (rollout, id);
)sql";

/// Version 1 had no counts of applications, and an index of places alone.
constexpr const char* kTakeOver =
    "DROP INDEX IF EXISTS devices_by_place;"
    "INSERT OR REPLACE INTO applications SELECT application, count(*) FROM devices GROUP BY "
    "application";
/// Its first files had no attributes either, and Observed in another form: what devices have
/// decided is counted anew.
constexpr const char* kForgetScores = "UPDATE devices SET total = x''; DELETE FROM arms;";

bool has_attributes(Database& database) {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'attributes'").step();
}

int64_t version_of(Database& database) {
    Statement version = database.prepare("PRAGMA user_version");
    version.step();
    return version.integer(0);
}

void prepare(Database& database, const std::filesystem::path& file) {
    // A page that is written again and again goes to its place once in 64 MB of log.
    database.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA "
        "wal_autocheckpoint = 16384;");
    Transaction transaction(database);
    const int64_t version = version_of(database);
    if (version > kSchemaVersion)
        throw StoreError(file.string() +
                         ": made by a later version of ganglion: use that one, or another folder");
    if (version == kSchemaVersion) return;
    const bool first_form = version == 1 && !has_attributes(database);
    database.run(kSchema);
    if (version == 1) database.run(kTakeOver);
    if (first_form) database.run(kForgetScores);
    database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
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

Database open_rollouts(const std::filesystem::path& file) {
    Database database(file);
    prepare(database, file);
    return database;
}

// LEB128 each: mostly small numbers, for a million devices.
std::string packed(const Observed& observed) {
    std::string bytes;
    const auto add = [&](uint64_t number) {
        for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
        bytes += static_cast<char>(number);
    };
    add(observed.inferences);
    add(observed.alerts);
    for (const uint64_t bin : observed.bins) add(bin);
    return bytes;
}

Observed unpacked(std::string_view bytes) {
    size_t at = 0;
    const auto take = [&] {
        uint64_t number = 0;
        for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
            const auto byte = static_cast<uint8_t>(bytes[at++]);
            number |= static_cast<uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) break;
        }
        return number;
    };
    Observed observed;
    observed.inferences = take();
    observed.alerts = take();
    for (uint64_t& bin : observed.bins) bin = take();
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

}  // namespace ganglion::fleet
