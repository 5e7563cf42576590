#include "fleet/store/postgres_store.hpp"

#include "fleet/store/postgres_runs.hpp"
#include "fleet/store/postgres_schema.hpp"
#include "fleet/store/postgres_versions.hpp"

namespace ganglion::fleet {

PgStore::PgStore(const std::string& uri, const std::string& server, const std::string& schema)
    : server_(server),
      write_(uri, pg_set_up(PgUse::write, schema)),
      rows_(write_, server),
      writer_(rows_),
      read_(uri, pg_set_up(PgUse::read, schema)) {
    prepare_schema(write_, schema);
}

Committed PgStore::commit(std::span<const Message> messages) {
    const std::lock_guard lock(write_mutex_);
    try {
        PgTransaction transaction(write_);
        Committed committed = writer_.write(messages);
        transaction.commit();
        return committed;
    } catch (...) {
        rows_.forget();
        throw;
    }
}

void PgStore::set_attributes(const std::string& device, const Attributes& attributes) {
    const std::lock_guard lock(write_mutex_);
    PgTransaction transaction(write_);
    take_pen(write_);
    const PgResult made = write_.run("INSERT INTO devices (id) VALUES ($1) ON CONFLICT DO NOTHING",
                                     PgValues().add(device));
    write_.run("UPDATE meta SET devices = devices + $1",
               PgValues().add(static_cast<int64_t>(made.changed())));
    const int64_t number =
        write_.run("SELECT number FROM devices WHERE id = $1", PgValues().add(device))
            .integer(0, 0);
    write_.run("DELETE FROM attributes WHERE device = $1", PgValues().add(number));
    for (const auto& [name, value] : attributes) {
        write_.run("INSERT INTO attributes (device, name, value) VALUES ($1, $2, $3)",
                   PgValues().add(number).add(name).add(value));
    }
    transaction.commit();
}

std::vector<std::string> PgStore::mark_all_offline() {
    const std::lock_guard lock(write_mutex_);
    PgTransaction transaction(write_);
    take_pen(write_);
    const PgResult rows = write_.run(
        "UPDATE devices SET online = 0 WHERE online <> 0 AND server = $1 RETURNING id, "
        "application, bundle_version",
        PgValues().add(server_));
    VersionChanges versions;
    for (int row = 0; row < rows.rows(); ++row) {
        const std::string version = rows.text(row, 2);
        if (!version.empty()) --versions[{rows.text(row, 1), version}].online;
    }
    write_versions(write_, versions);
    write_.run("UPDATE meta SET online = online - $1", PgValues().add(int64_t{rows.rows()}));
    transaction.commit();
    return each_row(rows, [](const PgResult& found, int row) { return found.text(row, 0); });
}

uint64_t PgStore::forget_before(int64_t received_ms, uint32_t limit) {
    const std::lock_guard lock(write_mutex_);
    PgTransaction transaction(write_);
    take_pen(write_);
    uint64_t forgotten = drop_days_before(received_ms);
    // Of the day that is half gone; those beyond a gap stay, as in SQLite.
    forgotten += forget_oldest(write_, received_ms, limit);
    forgotten += write_
                     .run(
                         "DELETE FROM gate_chunks WHERE ctid IN (SELECT g.ctid FROM gate_chunks g "
                         "JOIN boots b ON b.device = g.device AND b.boot = g.boot WHERE "
                         "b.heard_ms < $1 LIMIT $2)",
                         PgValues().add(received_ms).add(int64_t{limit}))
                     .changed();
    transaction.commit();
    return forgotten;
}

uint64_t PgStore::drop_days_before(int64_t received_ms) {
    const int64_t day = received_ms / static_cast<int64_t>(Span::day);
    const PgResult parts = write_.run(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent "
        "= 'events'::regclass AND substr(relname, 8)::bigint < $1",
        PgValues().add(day));
    if (parts.rows() == 0) return 0;
    uint64_t dropped = 0;
    for (int row = 0; row < parts.rows(); ++row) {
        const std::string part = parts.text(row, 0);
        dropped +=
            write_.run("SELECT coalesce(sum(last_id - first_id + 1), 0) FROM " + part, PgValues())
                .number<uint64_t>(0, 0);
        write_.run(("DROP TABLE " + part).c_str());
    }
    write_.run("DELETE FROM runs WHERE received_ms < $1",
               PgValues().add(day * static_cast<int64_t>(Span::day)));
    return dropped;
}

}  // namespace ganglion::fleet
