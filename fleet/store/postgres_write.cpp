// What PgRows writes at the end of a transaction.
#include <array>

#include "fleet/store/postgres_rows.hpp"

namespace ganglion::fleet {
namespace {

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

/// Arrays of equal length, one a column.
template <size_t Count>
class Columns {
  public:
    PgArray& operator[](size_t column) { return columns_[column]; }
    bool empty() const { return columns_[0].empty(); }
    /// In their order, each value of a row in the next one.
    void add_row(const std::array<int64_t, Count>& values) {
        for (size_t i = 0; i < Count; ++i) columns_[i].add(values[i]);
    }
    PgValues values() const {
        PgValues values;
        for (const PgArray& column : columns_) values.add(column.text());
        return values;
    }

  private:
    std::array<PgArray, Count> columns_;
};

template <typename T, typename From>
void take(std::optional<T>& change, const std::optional<From>& said) {
    if (said) change = *said;
}

}  // namespace

void PgRows::write_status(const DeviceState& device, const StatusRecord& status) {
    DeviceChange& change = changes_[&device];
    change.online = status.online ? 1 : 0;
    take(change.application, status.application);
    take(change.bundle_version, status.bundle_version);
    take(change.bundle_digest, digest_text(status));
    take(change.ram_bytes, status.ram_bytes);
    take(change.flash_bytes, status.flash_bytes);
    take(change.instructions, status.instructions);
    take(change.firmware, status.firmware_version);
    take(change.rate_hz, status.rate_hz);
    take(change.fault, fault_told(status));
}

void PgRows::write_report(const DeviceState& device, const ReportRecord& report) {
    DeviceChange& change = changes_[&device];
    change.instructions = report.instructions;
    change.outbox = report.outbox;
    change.score = report.score_permille;
}

void PgRows::write_devices() {
    Columns<5> columns;
    for (DeviceState* device : touched_) {
        columns.add_row({device->number, device->last_seen_ms, device->boot,
                         signed_of(device->new_events), signed_of(device->new_rejected)});
        device->new_events = device->new_rejected = 0;
        device->changed = false;
    }
    if (columns.empty()) return;
    connection_.run(
        "UPDATE devices d SET last_seen_ms = u.last_seen_ms, boot = u.boot, events = d.events + "
        "u.events, rejected = d.rejected + u.rejected FROM unnest($1::bigint[], $2::bigint[], "
        "$3::bigint[], $4::bigint[], $5::bigint[]) AS u (number, last_seen_ms, boot, events, "
        "rejected) WHERE d.number = u.number",
        columns.values());
}

void PgRows::write_changes() {
    Columns<13> columns;
    for (const auto& [device, change] : changes_) {
        columns[0].add(device->number);
        columns[1].add_optional(change.online);
        columns[2].add_optional(change.ram_bytes);
        columns[3].add_optional(change.flash_bytes);
        columns[4].add_optional(change.instructions);
        columns[5].add_optional(change.rate_hz);
        columns[6].add_optional(change.outbox);
        columns[7].add_optional(change.score);
        columns[8].add_optional(change.application);
        columns[9].add_optional(change.bundle_version);
        columns[10].add_optional(change.bundle_digest);
        columns[11].add_optional(change.firmware);
        columns[12].add_optional(change.fault);
    }
    changes_.clear();
    if (columns.empty()) return;
    connection_.run(
        "UPDATE devices d SET online = coalesce(u.online, d.online), ram_bytes = "
        "coalesce(u.ram_bytes, d.ram_bytes), flash_bytes = coalesce(u.flash_bytes, d.flash_bytes), "
        "instructions = coalesce(u.instructions, d.instructions), rate_hz = coalesce(u.rate_hz, "
        "d.rate_hz), outbox = coalesce(u.outbox, d.outbox), score = coalesce(u.score, d.score), "
        "application = coalesce(u.application, d.application), bundle_version = "
        "coalesce(u.bundle_version, d.bundle_version), bundle_digest = coalesce(u.bundle_digest, "
        "d.bundle_digest), firmware = coalesce(u.firmware, d.firmware), fault = coalesce(u.fault, "
        "d.fault), server = CASE WHEN u.online IS NULL THEN d.server ELSE $14::text END FROM "
        "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
        "$6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::text[], "
        "$12::text[], $13::text[]) AS u (number, online, ram_bytes, flash_bytes, instructions, "
        "rate_hz, outbox, score, application, bundle_version, bundle_digest, firmware, fault) "
        "WHERE d.number = u.number",
        columns.values().add(server_));
}

void PgRows::write_boots() {
    Columns<14> columns;
    for (const DeviceState* device : touched_) {
        for (const auto& [number, boot] : device->boots) {
            if (!boot.changed) continue;
            columns[0].add(device->number);
            columns[1].add(int64_t{number});
            columns[2].add(boot.heard_ms);
            columns[3].add_optional(boot.offset_ms);
            columns[4].add(boot.offset_at_ms);
            columns[5].add(int64_t{boot.through});
            columns[6].add(int64_t{boot.ahead});
            size_t next = 7;
            for (const uint64_t counter :
                 {boot.bytes_sensed, boot.bytes_sent, boot.bytes_gate, boot.gate_openings,
                  boot.inferences, boot.overruns, boot.events_lost})
                columns[next++].add(signed_of(counter));
        }
    }
    if (columns.empty()) return;
    connection_.run(
        "INSERT INTO boots (device, boot, heard_ms, offset_ms, offset_at_ms, through, ahead, "
        "bytes_sensed, bytes_sent, bytes_gate, gate_openings, inferences, overruns, events_lost) "
        "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "
        "$5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], "
        "$11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[]) ON CONFLICT (device, boot) DO "
        "UPDATE SET heard_ms = excluded.heard_ms, offset_ms = excluded.offset_ms, offset_at_ms = "
        "excluded.offset_at_ms, through = excluded.through, ahead = excluded.ahead, bytes_sensed "
        "= excluded.bytes_sensed, bytes_sent = excluded.bytes_sent, bytes_gate = "
        "excluded.bytes_gate, gate_openings = excluded.gate_openings, inferences = "
        "excluded.inferences, overruns = excluded.overruns, events_lost = excluded.events_lost",
        columns.values());
}

void PgRows::write_windows() {
    Columns<3> gone, more;
    for (DeviceState* device : touched_) {
        for (auto& [number, boot] : device->boots) {
            if (!std::exchange(boot.changed, false)) continue;
            const auto place = windows_.find({device->number, number});
            if (place == windows_.end()) continue;
            Window& window = place->second;
            for (const uint32_t sequence : window.added) {
                if (sequence > boot.through)
                    more.add_row({device->number, int64_t{number}, int64_t{sequence}});
            }
            window.added.clear();
            const auto end = window.stored.upper_bound(boot.through);
            if (end != window.stored.begin())
                gone.add_row({device->number, int64_t{number}, int64_t{boot.through}});
            window.stored.erase(window.stored.begin(), end);
            if (window.stored.empty()) windows_.erase(place);
        }
    }
    touched_.clear();
    if (!gone.empty()) {
        connection_.run(
            "DELETE FROM ahead a USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u "
            "(device, boot, through) WHERE a.device = u.device AND a.boot = u.boot AND a.sequence "
            "<= u.through",
            gone.values());
    }
    if (!more.empty()) {
        connection_.run(
            "INSERT INTO ahead (device, boot, sequence) SELECT * FROM unnest($1::bigint[], "
            "$2::bigint[], $3::bigint[])",
            more.values());
    }
}

void PgRows::write_rollups() {
    Columns<13> columns;
    for (const auto& [key, sum] : sums_.by_scope()) {
        const auto& [scope, span, start_ms] = key;
        columns[0].add(std::string_view(scope));
        columns[1].add(span);
        columns[2].add(start_ms);
        size_t next = 3;
        for (const uint64_t value :
             {sum.events, sum.alerts, sum.reports, sum.score_sum, uint64_t{sum.score_most},
              sum.inferences, sum.bytes_sensed, sum.bytes_sent, sum.bytes_gate})
            columns[next++].add(signed_of(value));
        PgArray scores;
        for (const uint32_t count : sum.scores) scores.add(int64_t{count});
        columns[next].add(std::string_view(scores.text()));
    }
    sums_.clear();
    if (columns.empty()) return;
    connection_.run(
        "INSERT INTO rollups AS r (scope, span, start_ms, events, alerts, reports, score_sum, "
        "score_most, inferences, bytes_sensed, bytes_sent, bytes_gate, scores) SELECT scope, span, "
        "start_ms, events, alerts, reports, score_sum, score_most, inferences, bytes_sensed, "
        "bytes_sent, bytes_gate, scores::bigint[] FROM unnest($1::text[], $2::bigint[], "
        "$3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], "
        "$9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[]) AS u (scope, "
        "span, start_ms, events, alerts, reports, score_sum, score_most, inferences, bytes_sensed, "
        "bytes_sent, bytes_gate, scores) ON CONFLICT (scope, span, start_ms) DO UPDATE SET events "
        "= r.events + excluded.events, alerts = r.alerts + excluded.alerts, reports = r.reports + "
        "excluded.reports, score_sum = r.score_sum + excluded.score_sum, score_most = "
        "greatest(r.score_most, excluded.score_most), inferences = least(r.inferences + "
        "excluded.inferences, $14), bytes_sensed = least(r.bytes_sensed + excluded.bytes_sensed, "
        "$14), bytes_sent = least(r.bytes_sent + excluded.bytes_sent, $14), bytes_gate = "
        "least(r.bytes_gate + excluded.bytes_gate, $14), "
        "scores = ARRAY[r.scores[1] + excluded.scores[1], r.scores[2] + excluded.scores[2], "
        "r.scores[3] + excluded.scores[3], r.scores[4] + excluded.scores[4], r.scores[5] + "
        "excluded.scores[5], r.scores[6] + excluded.scores[6], r.scores[7] + excluded.scores[7], "
        "r.scores[8] + excluded.scores[8]]",
        columns.values().add(signed_of(kMostSum)));
}

}  // namespace ganglion::fleet
