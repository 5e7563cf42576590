#include "fleet/gateway/spool.hpp"

#include <algorithm>
#include <utility>

namespace ganglion::fleet {
namespace {

/// Boots of gateways count seconds from here (2020), so that a later file has a later one.
constexpr int64_t kBootsBeginMs = 1'577'836'800'000;
constexpr int64_t kSecondMs = 1000;

constexpr const char* schema = R"sql(
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS meta (created_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS devices (
    id TEXT PRIMARY KEY,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    last_number INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    clock_ms INTEGER NOT NULL,
    label TEXT NOT NULL,
    score INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    UNIQUE (device, sequence)
);
)sql";

}  // namespace

Spool::Spool(const std::filesystem::path& file, uint64_t most_events, Clock clock)
    : database_(file), most_events_(most_events), clock_(std::move(clock)) {
    database_.run(schema);
    {
        Transaction transaction(database_);
        database_
            .prepare("INSERT INTO meta (created_ms) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM meta)")
            .bind(clock_())
            .run();
        transaction.commit();
    }
    Statement meta =
        database_.prepare("SELECT created_ms, (SELECT count(*) FROM events) FROM meta");
    meta.step();
    created_ms_ = meta.integer(0);
    waiting_ = meta.number<uint64_t>(1);
    boot_ = static_cast<uint32_t>((created_ms_ - kBootsBeginMs) / kSecondMs);
}

uint64_t Spool::clock_ms() const {
    return static_cast<uint64_t>(std::max<int64_t>(0, clock_() - created_ms_));
}

bool Spool::is_known(const LineEvent& event) {
    database_.prepare("INSERT OR IGNORE INTO devices (id) VALUES (?)").bind(event.device).run();
    if (!event.number) return false;
    Statement last = database_.prepare("SELECT last_number FROM devices WHERE id = ?");
    last.bind(event.device).step();
    return *event.number <= last.number<uint64_t>(0);
}

void Spool::take(std::span<const LineEvent> events) {
    const std::lock_guard lock(mutex_);
    const uint64_t before = waiting_;
    try {
        Transaction transaction(database_);
        for (const LineEvent& event : events) {
            if (is_known(event)) continue;
            database_
                .prepare(
                    "UPDATE devices SET last_sequence = last_sequence + 1, last_number = "
                    "coalesce(?, last_number) WHERE id = ?")
                .bind_optional(event.number ? std::optional(static_cast<int64_t>(*event.number))
                                            : std::nullopt)
                .bind(event.device)
                .run();
            database_
                .prepare(
                    "INSERT INTO events (device, sequence, clock_ms, label, score, sample) "
                    "SELECT id, last_sequence, ?, ?, ?, ? FROM devices WHERE id = ?")
                .bind(static_cast<int64_t>(clock_ms()))
                .bind(event.label)
                .bind(event.score_permille)
                .bind(static_cast<int64_t>(event.sample))
                .bind(event.device)
                .run();
            ++waiting_;
        }
        drop_oldest();
        transaction.commit();
    } catch (...) {
        waiting_ = before;
        throw;
    }
}

void Spool::drop_oldest() {
    if (waiting_ <= most_events_) return;
    const uint64_t dropped = waiting_ - most_events_;
    database_.prepare("DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?)")
        .bind(static_cast<int64_t>(dropped))
        .run();
    waiting_ = most_events_;
}

std::vector<Event> Spool::oldest(const std::string& device, uint32_t limit) {
    const std::lock_guard lock(mutex_);
    Statement row = database_.prepare(
        "SELECT sequence, clock_ms, label, score, sample FROM events WHERE device = ? ORDER BY "
        "sequence LIMIT ?");
    row.bind(device).bind(limit);
    std::vector<Event> events;
    while (row.step()) {
        Event event;
        event.boot = boot_;
        event.sequence = row.number<uint32_t>(0);
        event.clock_ms = row.number<uint64_t>(1);
        event.label = EventLabel(row.text(2));
        event.score_permille = row.number<uint16_t>(3);
        event.sample = row.number<uint64_t>(4);
        events.push_back(event);
    }
    return events;
}

void Spool::acknowledge(const std::string& device, uint32_t through) {
    const std::lock_guard lock(mutex_);
    waiting_ -= static_cast<uint64_t>(
        database_.prepare("DELETE FROM events WHERE device = ? AND sequence <= ?")
            .bind(device)
            .bind(through)
            .run());
}

uint64_t Spool::waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace ganglion::fleet
