#include "fleet/store/schema.hpp"

#include <string>

#include "fleet/base/clock.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kSchemaVersion = 1;

/// A device's counters start at 0 with every boot, so they are kept per boot and added up when
/// asked for. `through`: everything of the boot is stored up to and with this sequence.
/// `offset_ms`, `offset_at_ms`: the smallest difference seen between time of arrival and device
/// clock, and when.
constexpr const char* schema = R"sql(
CREATE TABLE meta (created_ms INTEGER NOT NULL);
CREATE TABLE devices (
    id TEXT PRIMARY KEY,
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
) WITHOUT ROWID;
CREATE TABLE boots (
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    heard_ms INTEGER NOT NULL DEFAULT 0,
    offset_ms INTEGER,
    offset_at_ms INTEGER NOT NULL DEFAULT 0,
    through INTEGER NOT NULL DEFAULT 0,
    bytes_sensed INTEGER NOT NULL DEFAULT 0,
    bytes_sent INTEGER NOT NULL DEFAULT 0,
    bytes_gate INTEGER NOT NULL DEFAULT 0,
    gate_openings INTEGER NOT NULL DEFAULT 0,
    inferences INTEGER NOT NULL DEFAULT 0,
    overruns INTEGER NOT NULL DEFAULT 0,
    events_lost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, boot)
) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    clock_ms INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    uncertainty_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    label TEXT NOT NULL,
    score INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    stop_samples INTEGER,
    stop_instructions INTEGER,
    UNIQUE (device, boot, sequence)
);
CREATE INDEX events_of_device ON events (device, id);
CREATE TABLE gate_chunks (
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    opening INTEGER NOT NULL,
    first_sample INTEGER NOT NULL,
    last INTEGER NOT NULL,
    samples BLOB NOT NULL,
    UNIQUE (device, boot, opening, first_sample)
);
)sql";

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
    database.run(schema);
    database.prepare("INSERT INTO meta (created_ms) VALUES (?)").bind(now_ms()).run();
    database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
}

}  // namespace ganglion::fleet
