#include "fleet/store/postgres_runs.hpp"

#include "fleet/store/postgres_schema.hpp"

namespace ganglion::fleet {
namespace {

/// What is left of a run without its first events.
void cut_run(PgConnection& connection, int64_t device, std::span<const StoredEvent> events,
             size_t gone) {
    EventPacker rest;
    for (const StoredEvent& event : events.subspan(gone)) rest.add(event);
    const StoredEvent& first = events[gone];
    const int64_t last_id = events.back().id;
    connection.run(
        "UPDATE events SET first_id = $1, first_sequence = $2, packed = $3 WHERE received_ms = $4 "
        "AND last_id = $5",
        PgValues()
            .add(first.id)
            .add(int64_t{first.event.sequence})
            .add_bytes(rest.bytes())
            .add(first.received_ms)
            .add(last_id));
    connection.run(
        "UPDATE runs SET first_id = $1, first_sequence = $2 WHERE device = $3 AND last_id = $4",
        PgValues().add(first.id).add(int64_t{first.event.sequence}).add(device).add(last_id));
}

}  // namespace

std::vector<StoredEvent> unpacked(const PgResult& rows, int row, const std::string& device) {
    const int64_t first_id = rows.integer(row, 0);
    const auto count = static_cast<uint32_t>(rows.integer(row, 1) - first_id + 1);
    return unpack_events({first_id, rows.integer(row, 2), rows.number<uint32_t>(row, 3),
                          rows.number<uint32_t>(row, 4), device},
                         count, rows.bytes(row, 5));
}

void PgRuns::add(int64_t device, const StoredEvent& stored) {
    if (!run_.takes(device, stored)) end_run();
    if (run_.is_empty()) days_.insert(stored.received_ms / static_cast<int64_t>(Span::day));
    run_.add(device, stored);
    any_ = true;
}

void PgRuns::end_run() {
    if (run_.is_empty()) return;
    events_.begin_row();
    for (const int64_t number : {run_.first_id(), run_.last_id(), run_.received_ms(), run_.device(),
                                 run_.boot(), run_.first_sequence()})
        events_.add(number);
    events_.add(std::string_view(run_.packed()));
    runs_.begin_row();
    for (const int64_t number :
         {run_.device(), run_.boot(), run_.first_sequence(), run_.last_sequence(), run_.first_id(),
          run_.last_id(), run_.received_ms()})
        runs_.add(number);
    run_.clear();
}

void PgRuns::write(PgConnection& connection) {
    end_run();
    if (!any_) return;
    for (const int64_t day : days_) {
        if (known_days_.insert(day).second)
            make_partition(connection, day * static_cast<int64_t>(Span::day));
    }
    connection.copy("COPY events FROM STDIN (FORMAT binary)", events_);
    connection.copy("COPY runs FROM STDIN (FORMAT binary)", runs_);
    days_.clear();
    any_ = false;
}

void PgRuns::forget() {
    *this = {};
}

uint64_t forget_oldest(PgConnection& connection, int64_t received_ms, uint32_t limit) {
    // Ids grow with arrival, so the oldest come first. A run is before its boot's first gap or
    // beyond it, as a whole.
    const PgResult oldest = connection.run(
        std::string("SELECT ") + kPackedColumns +
            ", e.device, e.first_sequence + e.last_id - e.first_id <= b.through FROM (SELECT * "
            "FROM events ORDER BY last_id LIMIT $2) e JOIN boots b ON b.device = e.device AND "
            "b.boot = e.boot WHERE e.received_ms < $1 ORDER BY e.last_id",
        PgValues().add(received_ms).add(int64_t{limit}));
    PgArray ids, devices, days;
    uint64_t forgotten = 0;
    for (int row = 0; row < oldest.rows() && forgotten < limit; ++row) {
        if (oldest.text(row, 7) != "t") continue;
        const std::vector<StoredEvent> events = unpacked(oldest, row, "");
        const uint64_t room = limit - forgotten;
        if (events.size() > room) {
            cut_run(connection, oldest.integer(row, 6), events, room);
            forgotten = limit;
            break;
        }
        forgotten += events.size();
        ids.add(oldest.integer(row, 1));
        days.add(oldest.integer(row, 2));
        devices.add(oldest.integer(row, 6));
    }
    if (ids.empty()) return forgotten;
    connection.run(
        "DELETE FROM events e USING unnest($1::bigint[], $2::bigint[]) AS u (last_id, received_ms) "
        "WHERE e.received_ms = u.received_ms AND e.last_id = u.last_id",
        PgValues().add(ids.text()).add(days.text()));
    connection.run(
        "DELETE FROM runs r USING unnest($1::bigint[], $2::bigint[]) AS u (last_id, device) WHERE "
        "r.device = u.device AND r.last_id = u.last_id",
        PgValues().add(ids.text()).add(devices.text()));
    return forgotten;
}

}  // namespace ganglion::fleet
