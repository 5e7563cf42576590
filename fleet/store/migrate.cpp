#include "fleet/store/migrate.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include "fleet/base/files.hpp"
#include "fleet/store/open_store.hpp"
#include "fleet/store/postgres_runs.hpp"
#include "fleet/store/postgres_schema.hpp"
#include "fleet/store/schema.hpp"
#include "fleet/store/sqlite.hpp"
#include "fleet/store/sqlite_runs.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint64_t kRowsAtOnce = 50'000;

/// `kinds`: i a number or NULL, t text or bytes, s scores of a rollup.
struct Table {
    const char* name;
    const char* kinds;
    const char* columns;
    const char* from;  ///< what SQLite reads them of
};

constexpr std::array<Table, 8> kTables{{
    {"devices", "ittttttiiiiiiiiiii",
     "number, id, application, bundle_version, bundle_digest, firmware, fault, online, "
     "last_seen_ms, boot, ram_bytes, flash_bytes, instructions, rate_hz, outbox, score, events, "
     "rejected",
     "devices"},
    {"attributes", "itt", "device, name, value", "attributes"},
    {"boots", "iiiiiiiiiiiiii",
     "device, boot, heard_ms, offset_ms, offset_at_ms, through, ahead, bytes_sensed, bytes_sent, "
     "bytes_gate, gate_openings, inferences, overruns, events_lost",
     "boots"},
    {"jumps", "iiiii", "device, boot, number, clock_ms, ahead_ms", "jumps"},
    {"losses", "iiii", "device, boot, first, last", "losses"},
    {"ahead", "iii", "device, boot, sequence",
     "(WITH RECURSIVE beyond (device, boot, sequence, last) AS (SELECT e.device, e.boot, "
     "e.first_sequence, e.last_sequence FROM boots b JOIN events e ON e.device = b.device AND "
     "e.boot = b.boot AND e.last_sequence > b.through WHERE b.ahead > 0 UNION ALL SELECT device, "
     "boot, sequence + 1, last FROM beyond WHERE sequence < last) SELECT * FROM beyond)"},
    {"gate_chunks", "iiiiit", "device, boot, opening, first_sample, last, samples", "gate_chunks"},
    {"rollups", "tiiiiiiiiiiis",
     "scope, span, start_ms, events, alerts, reports, score_sum, score_most, inferences, "
     "bytes_sensed, bytes_sent, bytes_gate, scores",
     "rollups"},
}};

std::array<uint32_t, 8> scores_of(const std::string& bytes) {
    std::array<uint32_t, 8> scores{};
    std::memcpy(scores.data(), bytes.data(), std::min(bytes.size(), sizeof scores));
    return scores;
}

uint64_t copy_table(Database& from, PgConnection& to, const Table& table) {
    const std::string_view kinds = table.kinds;
    Statement row = from.prepare(std::string("SELECT ") + table.columns + " FROM " + table.from);
    PgCopyRows rows(static_cast<int>(kinds.size()));
    const std::string copy =
        std::string("COPY ") + table.name + " (" + table.columns + ") FROM STDIN (FORMAT binary)";
    uint64_t count = 0;
    while (row.step()) {
        rows.begin_row();
        for (int column = 0; column < static_cast<int>(kinds.size()); ++column) {
            const char kind = kinds[static_cast<size_t>(column)];
            if (row.is_null(column) && kind == 'i') {
                rows.add_null();
            } else if (kind == 'i') {
                rows.add(row.integer(column));
            } else if (kind == 't') {
                rows.add(std::string_view(row.text(column)));
            } else {
                rows.add(scores_of(row.text(column)));
            }
        }
        if (++count % kRowsAtOnce == 0) to.copy(copy.c_str(), rows);
    }
    to.copy(copy.c_str(), rows);
    return count;
}

/// Runs are packed alike in both; PostgreSQL has where they are in a table of its own.
uint64_t copy_events(Database& from, PgConnection& to) {
    Statement row = from.prepare(
        "SELECT device, boot, first_sequence, last_sequence, first_id, last_id, received_ms, "
        "packed FROM events ORDER BY last_id");
    PgCopyRows events(7), runs(7);
    std::set<int64_t> days;
    uint64_t count = 0;
    const auto write = [&] {
        to.copy("COPY events FROM STDIN (FORMAT binary)", events);
        to.copy("COPY runs FROM STDIN (FORMAT binary)", runs);
    };
    for (uint64_t rows = 0; row.step();) {
        const int64_t received_ms = row.integer(6);
        if (days.insert(received_ms / static_cast<int64_t>(Span::day)).second)
            make_partition(to, received_ms);
        runs.begin_row();
        for (int column = 0; column < 7; ++column) runs.add(row.integer(column));
        events.begin_row();
        for (const int column : {4, 5, 6, 0, 1, 2}) events.add(row.integer(column));
        events.add(std::string_view(row.text(7)));
        count += static_cast<uint64_t>(row.integer(5) - row.integer(4) + 1);
        if (++rows % kRowsAtOnce == 0) write();
    }
    write();
    return count;
}

int64_t number_of(Database& from, const std::string& sql) {
    Statement statement = from.prepare(sql);
    statement.step();
    return statement.integer(0);
}

int64_t number_of(PgConnection& to, const std::string& sql) {
    return to.run(sql, PgValues()).integer(0, 0);
}

void compare(const std::string& what, int64_t was, int64_t is) {
    if (was == is) return;
    throw StoreError("store: " + what + ": SQLite says " + std::to_string(was) +
                     ", PostgreSQL says " + std::to_string(is) + "; nothing was migrated");
}

/// Whatever both databases read the same must give the same number.
void verify(Database& from, PgConnection& to, const std::string& what, const std::string& sql) {
    compare(what, number_of(from, sql), number_of(to, sql));
}

/// Adds up what every packed event says, read again.
class EventSums {
  public:
    void add(const std::vector<StoredEvent>& run) {
        constexpr int64_t prime = 1'000'003;  // so that a sum of remainders is held by any number
        for (const StoredEvent& stored : run) {
            ++sums_[0];
            sums_[1] += stored.event.sequence;
            sums_[2] = std::max(sums_[2], stored.id);
            sums_[3] += stored.time_ms % prime;
            sums_[4] += static_cast<int64_t>(stored.event.clock_ms % prime);
            sums_[5] += stored.event.score_permille;
        }
    }
    void must_equal(const EventSums& other) const {
        constexpr std::array<const char*, 6> names{"events", "sequences", "the last id",
                                                   "times",  "clocks",    "scores"};
        for (size_t i = 0; i < names.size(); ++i) compare(names[i], sums_[i], other.sums_[i]);
    }

  private:
    std::array<int64_t, 6> sums_{};
};

void verify_events(Database& from, PgConnection& to) {
    EventSums was, is;
    Statement row = from.prepare(std::string("SELECT ") + kPackedColumns + " FROM events e");
    while (row.step()) was.add(unpacked(row, ""));
    to.run(("DECLARE packed NO SCROLL CURSOR FOR SELECT " + std::string(kPackedColumns) +
            " FROM events e JOIN runs r ON r.device = e.device AND r.last_id = e.last_id AND "
            "r.first_id = e.first_id AND r.boot = e.boot AND r.first_sequence = e.first_sequence "
            "AND r.received_ms = e.received_ms")
               .c_str());
    for (;;) {
        const PgResult rows = to.run("FETCH 5000 FROM packed", PgValues());
        if (rows.rows() == 0) break;
        for (int i = 0; i < rows.rows(); ++i) is.add(unpacked(rows, i, ""));
    }
    to.run("CLOSE packed");
    was.must_equal(is);
}

void verify_all(Database& from, PgConnection& to) {
    for (const char* table :
         {"devices", "attributes", "boots", "jumps", "losses", "gate_chunks", "rollups"})
        verify(from, to, table, std::string("SELECT count(*) FROM ") + table);
    verify(from, to, "events of devices", "SELECT coalesce(sum(events), 0) FROM devices");
    verify(from, to, "sums of events", "SELECT coalesce(sum(events), 0) FROM rollups");
    verify(from, to, "positions of boots", "SELECT coalesce(sum(through), 0) FROM boots");
    verify_events(from, to);
}

}  // namespace

std::vector<MigratedTable> migrate_to_postgres(
    const std::filesystem::path& state_dir, const std::string& uri,
    const std::function<void(const MigratedTable&)>& progress) {
    if (!std::filesystem::exists(state_dir / "fleet.db"))
        throw StoreError(state_dir.string() + " has no fleet.db");
    const DirectoryLock lock(state_dir);
    Database from(state_dir / "fleet.db");
    prepare_schema(from);
    PgConnection to(uri, pg_set_up(PgUse::write));
    prepare_schema(to);
    PgTransaction transaction(to);
    // Others that would write wait for the pen.
    const PgResult pen = to.run(
        "UPDATE meta SET turn = turn + 1, created_ms = $1 RETURNING (SELECT count(*) FROM devices)",
        PgValues().add(number_of(from, "SELECT created_ms FROM meta")));
    if (pen.integer(0, 0) != 0)
        throw StoreError("store: the PostgreSQL database has a fleet already");
    std::vector<MigratedTable> tables;
    const auto done = [&](const char* name, uint64_t rows) {
        tables.push_back({name, rows});
        progress(tables.back());
    };
    for (const Table& table : kTables) done(table.name, copy_table(from, to, table));
    done("events", copy_events(from, to));
    to.run("UPDATE devices SET server = $1", PgValues().add(server_name(state_dir)));
    to.run(
        "SELECT setval(pg_get_serial_sequence('devices', 'number'), (SELECT "
        "coalesce(max(number), 0) + 1 FROM devices), false)",
        PgValues());
    to.run("UPDATE meta SET next_id = (SELECT coalesce(max(last_id), 0) + 1 FROM events)",
           PgValues());
    count_totals(to);
    verify_all(from, to);
    transaction.commit();
    to.run("ANALYZE");
    return tables;
}

}  // namespace ganglion::fleet
