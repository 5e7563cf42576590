#include "fleet/store/sqlite_runs.hpp"

#include <algorithm>
#include <span>
#include <string>

namespace ganglion::fleet {
namespace {

/// What is left of a run without its first events.
void cut_run(Database& database, std::span<const StoredEvent> events, size_t gone) {
    EventPacker rest;
    for (const StoredEvent& event : events.subspan(gone)) rest.add(event);
    database
        .prepare("UPDATE events SET first_id = ?, first_sequence = ?, packed = ? WHERE last_id = ?")
        .bind(events[gone].id)
        .bind(events[gone].event.sequence)
        .bind_blob(rest.bytes())
        .bind(events.back().id)
        .run();
}

}  // namespace

std::vector<StoredEvent> unpacked(const Statement& row, const std::string& device) {
    const int64_t first_id = row.integer(0);
    const auto count = static_cast<uint32_t>(row.integer(1) - first_id + 1);
    return unpack_events(
        {first_id, row.integer(2), row.number<uint32_t>(3), row.number<uint32_t>(4), device}, count,
        row.text(5));
}

SqliteRuns::SqliteRuns(Database& database)
    : write_(database.prepare("INSERT INTO events (last_id, first_id, received_ms, device, boot, "
                              "first_sequence, last_sequence, packed) VALUES (?,?,?,?,?,?,?,?)")),
      read_(database.prepare(std::string("SELECT ") + kPackedColumns +
                             " FROM events e WHERE device = ? AND boot = ? AND last_sequence >= ? "
                             "ORDER BY last_sequence LIMIT 1")),
      next_(database.prepare("SELECT first_sequence FROM events WHERE device = ? AND boot = ? AND "
                             "last_sequence > ? ORDER BY last_sequence LIMIT 1")) {}

void SqliteRuns::add(int64_t device, const StoredEvent& event) {
    if (!run_.takes(device, event)) write();
    run_.add(device, event);
}

void SqliteRuns::write() {
    if (run_.is_empty()) return;
    write_.reset()
        .bind(run_.last_id())
        .bind(run_.first_id())
        .bind(run_.received_ms())
        .bind(run_.device())
        .bind(run_.boot())
        .bind(run_.first_sequence())
        .bind(run_.last_sequence())
        .bind_blob(run_.packed())
        .run();
    run_.clear();
}

void SqliteRuns::forget() {
    run_.clear();
    read_last_ = {};
}

std::optional<EventRecord> SqliteRuns::find(int64_t device, uint32_t boot, uint32_t sequence) {
    write();
    const auto is_at_hand = [&] {
        return read_last_.device == device && !read_last_.events.empty() &&
               read_last_.events.front().event.boot == boot &&
               read_last_.events.front().event.sequence <= sequence &&
               read_last_.events.back().event.sequence >= sequence;
    };
    if (!is_at_hand()) {
        read_.reset().bind(device).bind(boot).bind(sequence);
        if (read_.step()) read_last_ = {device, unpacked(read_, "")};
        read_.reset();
    }
    if (!is_at_hand()) return std::nullopt;
    return read_last_.events[sequence - read_last_.events.front().event.sequence].event;
}

std::optional<uint32_t> SqliteRuns::next(int64_t device, uint32_t boot, uint32_t after) {
    write();
    next_.reset().bind(device).bind(boot).bind(after);
    std::optional<uint32_t> next;
    if (next_.step()) next = std::max(next_.number<uint32_t>(0), after + 1);
    next_.reset();
    return next;
}

uint64_t forget_oldest(Database& database, int64_t received_ms, uint32_t limit) {
    // Ids grow with arrival, so the oldest come first; those beyond a gap are needed to know of it.
    // A run is before its boot's first gap or beyond it, as a whole.
    Statement oldest = database.prepare(
        std::string("SELECT ") + kPackedColumns +
        " FROM (SELECT * FROM events ORDER BY last_id LIMIT ?2) e JOIN boots b ON b.device = "
        "e.device AND b.boot = e.boot WHERE e.received_ms < ?1 AND e.last_sequence <= b.through "
        "ORDER BY e.last_id");
    oldest.bind(received_ms).bind(limit);
    Statement remove = database.prepare("DELETE FROM events WHERE last_id = ?");
    uint64_t forgotten = 0;
    std::vector<int64_t> gone;
    std::vector<StoredEvent> cut;
    while (forgotten < limit && oldest.step()) {
        const auto count = static_cast<uint64_t>(oldest.integer(1) - oldest.integer(0) + 1);
        if (count > limit - forgotten) {
            cut = unpacked(oldest, "");
            break;
        }
        forgotten += count;
        gone.push_back(oldest.integer(1));
    }
    oldest.reset();
    for (const int64_t last_id : gone) remove.reset().bind(last_id).run();
    if (!cut.empty()) {
        cut_run(database, cut, limit - forgotten);
        forgotten = limit;
    }
    return forgotten;
}

}  // namespace ganglion::fleet
