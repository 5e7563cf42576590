#include "fleet/store/postgres_runs.hpp"

#include "fleet/store/postgres_schema.hpp"

namespace ganglion::fleet {

void PgRuns::add(int64_t device, const StoredEvent& stored) {
    const EventRecord& event = stored.event;
    const bool goes_on = in_run_ > 0 && run_.device == device && run_.boot == event.boot &&
                         run_.received_ms == stored.received_ms &&
                         run_.last_sequence + 1 == event.sequence &&
                         run_.first_id + in_run_ == stored.id;
    if (!goes_on) {
        end_run();
        run_ = {device, stored.received_ms, stored.id, event.boot, event.sequence, 0};
        days_.insert(stored.received_ms / static_cast<int64_t>(Span::day));
    }
    run_.last_sequence = event.sequence;
    ++in_run_;
    any_ = true;
    events_.begin_row();
    events_.add(stored.id);
    events_.add(stored.received_ms);
    events_.add(device);
    events_.add(int64_t{event.boot});
    events_.add(int64_t{event.sequence});
    events_.add(static_cast<int64_t>(event.clock_ms));
    events_.add(stored.time_ms);
    events_.add(stored.uncertainty_ms);
    events_.add(static_cast<int64_t>(event.sample));
    events_.add_optional(event.stop_samples);
    events_.add_optional(event.stop_instructions);
    events_.add_small(event.kind);
    events_.add_small(event.score_permille);
    events_.add(event.label);
}

void PgRuns::end_run() {
    if (in_run_ == 0) return;
    runs_.begin_row();
    runs_.add(run_.device);
    runs_.add(int64_t{run_.boot});
    runs_.add(int64_t{run_.first_sequence});
    runs_.add(int64_t{run_.last_sequence});
    runs_.add(run_.first_id);
    runs_.add(run_.first_id + in_run_ - 1);
    runs_.add(run_.received_ms);
    in_run_ = 0;
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

}  // namespace ganglion::fleet
