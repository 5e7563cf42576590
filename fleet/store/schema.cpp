#include "fleet/store/schema.hpp"

#include <optional>
#include <string>

#include "fleet/base/clock.hpp"
#include "fleet/store/sqlite_runs.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kSchemaVersion = 6;

/// Devices are numbered, so that the keys of the large tables are small. A device's counters start
/// at 0 with every boot, so they are kept per boot and added up when asked for. `through`:
/// everything of the boot is stored up to and with this sequence; `ahead`: so many events are
/// stored beyond it. A row of `events` is a run: events of consecutive sequences with consecutive
/// ids that came together, packed (packed_events.hpp). `offset_ms`, `offset_at_ms`: the smallest
/// difference seen between time of arrival and device clock, and when. `losses`: what a device said
/// that it has lost, which `through` goes over.
constexpr const char* schema = R"sql(
CREATE TABLE meta (created_ms INTEGER NOT NULL);
CREATE TABLE devices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    application TEXT NOT NULL DEFAULT '',
    online INTEGER NOT NULL DEFAULT 0,
    last_seen_ms INTEGER NOT NULL DEFAULT 0,
    boot INTEGER NOT NULL DEFAULT 0,
    bundle_version TEXT NOT NULL DEFAULT '',
    bundle_digest TEXT NOT NULL DEFAULT '',
    ram_bytes INTEGER NOT NULL DEFAULT 0,
    flash_bytes INTEGER NOT NULL DEFAULT 0,
    instructions INTEGER NOT NULL DEFAULT 0,
    firmware TEXT NOT NULL DEFAULT '',
    fault TEXT NOT NULL DEFAULT '',
    rate_hz INTEGER NOT NULL DEFAULT 0,
    outbox INTEGER NOT NULL DEFAULT 0,
    score INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE attributes (
    device INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (device, name)
) WITHOUT ROWID;
CREATE TABLE boots (
    device INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    heard_ms INTEGER NOT NULL DEFAULT 0,
    offset_ms INTEGER,
    offset_at_ms INTEGER NOT NULL DEFAULT 0,
    through INTEGER NOT NULL DEFAULT 0,
    ahead INTEGER NOT NULL DEFAULT 0,
    bytes_sensed INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    bytes_gate INTEGER NOT NULL DEFAULT 0,
    gate_openings INTEGER NOT NULL DEFAULT 0,
    inferences INTEGER NOT NULL DEFAULT 0,
    overruns INTEGER NOT NULL DEFAULT 0,
    events_lost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, boot)
) WITHOUT ROWID;
CREATE TABLE gate_chunks (
    device INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    opening INTEGER NOT NULL,
    first_sample INTEGER NOT NULL,
    last INTEGER NOT NULL,
    samples BLOB NOT NULL,
    UNIQUE (device, boot, opening, first_sample)
);
CREATE TABLE rollups (
    scope TEXT NOT NULL,
    span INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    events INTEGER NOT NULL DEFAULT 0,
    alerts INTEGER NOT NULL DEFAULT 0,
    reports INTEGER NOT NULL DEFAULT 0,
    score_sum INTEGER NOT NULL DEFAULT 0,
    score_most INTEGER NOT NULL DEFAULT 0,
    inferences INTEGER NOT NULL DEFAULT 0,
    bytes_sensed INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    bytes_gate INTEGER NOT NULL DEFAULT 0,
    scores BLOB NOT NULL,
    PRIMARY KEY (scope, span, start_ms)
) WITHOUT ROWID;
)sql";

/// New in version 3.
constexpr const char* losses = R"sql(
CREATE TABLE losses (
    device INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (device, boot, first)
) WITHOUT ROWID;
)sql";

/// New in version 4: what the whole fleet comes to, in the one row of `meta`. Boots' counters are
/// what devices say, so that a sum of them is bounded.
constexpr const char* totals = R"sql(
ALTER TABLE meta ADD COLUMN devices INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN online INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN bytes_sensed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN bytes_sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN bytes_gate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN gate_openings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN inferences INTEGER NOT NULL DEFAULT 0;
)sql";
constexpr const char* count_totals = R"sql(
UPDATE meta SET
    devices = (SELECT count(*) FROM devices),
    online = (SELECT total(online) FROM devices),
    events = (SELECT total(events) FROM devices),
    bytes_sensed = (SELECT CAST(min(total(bytes_sensed), 4e18) AS INTEGER) FROM boots),
    bytes_sent = (SELECT CAST(min(total(bytes_sent), 4e18) AS INTEGER) FROM boots),
    bytes_gate = (SELECT CAST(min(total(bytes_gate), 4e18) AS INTEGER) FROM boots),
    gate_openings = (SELECT CAST(min(total(gate_openings), 4e18) AS INTEGER) FROM boots),
    inferences = (SELECT CAST(min(total(inferences), 4e18) AS INTEGER) FROM boots);
)sql";

/// New in version 5: runs of events; and what lists of versions and of gaps need, so that they read
/// no other devices and boots. `events_of_device` has the id as its second column, as every
/// index of SQLite's has.
constexpr const char* packed_events = R"sql(
ALTER TABLE meta ADD COLUMN next_id INTEGER NOT NULL DEFAULT 1;
CREATE TABLE events (
    last_id INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    device INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    packed BLOB NOT NULL
);
CREATE UNIQUE INDEX events_by_sequence ON events (device, boot, last_sequence);
CREATE INDEX events_of_device ON events (device);
CREATE INDEX boots_with_gaps ON boots (device, boot) WHERE ahead > 0;
CREATE TABLE versions (
    application TEXT NOT NULL,
    version TEXT NOT NULL,
    devices INTEGER NOT NULL,
    online INTEGER NOT NULL,
    faults INTEGER NOT NULL,
    ram_bytes INTEGER NOT NULL,
    flash_bytes INTEGER NOT NULL,
    instructions INTEGER NOT NULL,
    PRIMARY KEY (application, version)
) WITHOUT ROWID;
)sql";
constexpr const char* count_versions = R"sql(
INSERT INTO versions SELECT application, bundle_version, count(*), sum(online), sum(fault <> ''),
    max(ram_bytes), max(flash_bytes), max(instructions) FROM devices WHERE bundle_version <> ''
    GROUP BY 1, 2;
)sql";

/// New in version 6: where boots' clocks jumped ahead.
constexpr const char* jumps = R"sql(
CREATE TABLE jumps (
    device INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    number INTEGER NOT NULL,
    clock_ms INTEGER NOT NULL,
    ahead_ms INTEGER NOT NULL,
    PRIMARY KEY (device, boot, number)
) WITHOUT ROWID;
)sql";

/// Versions 2 to 4 had a row for each event.
constexpr const char* leave_rows = R"sql(
DROP INDEX events_of_device;
DROP INDEX IF EXISTS devices_by_version;
ALTER TABLE events RENAME TO event_rows;
)sql";

/// Version 1 named devices by text everywhere and had no attributes and no rollups.
constexpr const char* leave_version_1 = R"sql(
ALTER TABLE meta RENAME TO old_meta;
ALTER TABLE devices RENAME TO old_devices;
ALTER TABLE boots RENAME TO old_boots;
ALTER TABLE events RENAME TO old_events;
ALTER TABLE gate_chunks RENAME TO old_gate_chunks;
DROP INDEX events_of_device;
)sql";
constexpr const char* take_over_version_1 = R"sql(
INSERT INTO meta (created_ms) SELECT created_ms FROM old_meta;
INSERT INTO devices (id, application, online, last_seen_ms, boot, bundle_version, bundle_digest,
    ram_bytes, flash_bytes, instructions, firmware, fault, rate_hz, outbox, score, events, rejected)
    SELECT id, application, online, last_seen_ms, boot, bundle_version, bundle_digest, ram_bytes,
    flash_bytes, instructions, firmware, fault, rate_hz, outbox, score, events, rejected
    FROM old_devices;
INSERT INTO boots (device, boot, heard_ms, offset_ms, offset_at_ms, through, ahead, bytes_sensed,
    bytes_sent, bytes_gate, gate_openings, inferences, overruns, events_lost)
    SELECT number, b.boot, heard_ms, offset_ms, offset_at_ms, through,
    (SELECT count(*) FROM old_events e WHERE e.device = b.device AND e.boot = b.boot
     AND e.sequence > b.through),
    bytes_sensed, bytes_sent, bytes_gate, gate_openings, inferences, overruns, events_lost
    FROM old_boots b JOIN devices d ON d.id = b.device;
CREATE TABLE event_rows AS SELECT e.id, number AS device, e.boot, sequence, clock_ms, time_ms,
    uncertainty_ms, received_ms, kind, label, e.score, sample, stop_samples, stop_instructions
    FROM old_events e JOIN devices d ON d.id = e.device ORDER BY e.id;
INSERT INTO gate_chunks SELECT number, g.boot, opening, first_sample, last, samples
    FROM old_gate_chunks g JOIN devices d ON d.id = g.device;
DROP TABLE old_meta; DROP TABLE old_devices; DROP TABLE old_boots; DROP TABLE old_events;
DROP TABLE old_gate_chunks;
)sql";

/// Packs the events of a version that had a row for each.
void pack_events(Database& database) {
    Statement row = database.prepare(
        "SELECT id, device, boot, sequence, clock_ms, time_ms, uncertainty_ms, received_ms, kind, "
        "label, score, sample, stop_samples, stop_instructions FROM event_rows ORDER BY id");
    const auto optional_number = [&](int column) {
        return row.is_null(column) ? std::nullopt : std::optional(row.number<uint32_t>(column));
    };
    SqliteRuns runs(database);
    int64_t last_id = 0;
    while (row.step()) {
        last_id = row.integer(0);
        runs.add(row.integer(1),
                 {last_id,
                  "",
                  row.integer(5),
                  row.integer(6),
                  row.integer(7),
                  {row.number<uint32_t>(2), row.number<uint32_t>(3), row.number<uint64_t>(4),
                   row.number<uint8_t>(8), row.text(9), row.number<uint16_t>(10),
                   row.number<uint64_t>(11), optional_number(12), optional_number(13)}});
    }
    runs.write();
    row.reset();
    database.run("DROP TABLE event_rows");
    database.prepare("UPDATE meta SET next_id = ?").bind(last_id + 1).run();
}

/// To version 5, from an earlier one or none.
void bring_to_version_5(Database& database, int64_t version) {
    if (version == 1) database.run(leave_version_1);
    if (version > 1) database.run(leave_rows);
    if (version < 2) database.run(schema);
    if (version < 3) database.run(losses);
    if (version < 4) database.run(totals);
    database.run(packed_events);
    if (version == 1) database.run(take_over_version_1);
    if (version == 0)
        database.prepare("INSERT INTO meta (created_ms) VALUES (?)").bind(now_ms()).run();
    if (version < 4) database.run(count_totals);
    if (version > 0) pack_events(database);
    database.run(count_versions);
}

int64_t version_of(Database& database) {
    Statement version = database.prepare("PRAGMA user_version");
    version.step();
    return version.integer(0);
}

}  // namespace

void prepare_schema(Database& database) {
    database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    Transaction transaction(database);
    const int64_t version = version_of(database);
    if (version > kSchemaVersion) {
        throw StoreError("store: made by a later version of ganglion (" + std::to_string(version) +
                         "): use that one, or another state folder");
    }
    if (version == kSchemaVersion) return;
    if (version < 5) bring_to_version_5(database, version);
    database.run(jumps);
    database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
}

}  // namespace ganglion::fleet
