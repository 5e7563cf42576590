// What PgRows writes at the end of a transaction.
#include <array>

#include "fleet/store/postgres_columns.hpp"
#include "fleet/store/postgres_rollups.hpp"
#include "fleet/store/postgres_rows.hpp"

namespace ganglion::fleet {
namespace {

/// Devices' hours in `rollup_changes` before they are added to `rollups`. Who asks for a device's
/// sums reads them all.
constexpr int64_t kMostUnfolded = 40'000;
/// So many of them, for reading, as a row of that table is for itself.
constexpr int64_t kTransactionIs = 50;

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

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
    // To insert what may be there already costs twice as much as to update it, and most messages
    // change no counter.
    Columns<7> heard;
    Columns<14> reported, fresh;
    for (DeviceState* device : touched_) {
        for (auto& [number, boot] : device->boots) {
            if (!boot.changed) continue;
            const bool stored = std::exchange(boot.stored, true);
            const bool has_reported = std::exchange(boot.reported, false);
            const auto add_to = [&, boot_number = number, &state = boot](auto& columns) {
                columns[0].add(device->number);
                columns[1].add(int64_t{boot_number});
                columns[2].add(state.heard_ms);
                columns[3].add_optional(state.offset_ms);
                columns[4].add(state.offset_at_ms);
                columns[5].add(int64_t{state.through});
                columns[6].add(int64_t{state.ahead});
            };
            if (stored && !has_reported) {
                add_to(heard);
                continue;
            }
            Columns<14>& columns = stored ? reported : fresh;
            add_to(columns);
            size_t next = 7;
            for (const uint64_t counter :
                 {boot.bytes_sensed, boot.bytes_sent, boot.bytes_gate, boot.gate_openings,
                  boot.inferences, boot.overruns, boot.events_lost})
                columns[next++].add(signed_of(counter));
        }
    }
    const std::string set =
        "UPDATE boots b SET heard_ms = u.heard_ms, offset_ms = u.offset_ms, offset_at_ms = "
        "u.offset_at_ms, through = u.through, ahead = u.ahead";
    const std::string arrays =
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
        "$6::bigint[], $7::bigint[]";
    const std::string more_arrays =
        ", $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], "
        "$13::bigint[], $14::bigint[]";
    const std::string names = "(device, boot, heard_ms, offset_ms, offset_at_ms, through, ahead";
    const std::string more_names =
        ", bytes_sensed, bytes_sent, bytes_gate, gate_openings, inferences, overruns, "
        "events_lost)";
    const std::string where = " WHERE b.device = u.device AND b.boot = u.boot";
    if (!heard.empty())
        connection_.run(set + arrays + ") AS u " + names + ")" + where, heard.values());
    if (!reported.empty()) {
        connection_.run(
            set +
                ", bytes_sensed = u.bytes_sensed, bytes_sent = u.bytes_sent, bytes_gate = "
                "u.bytes_gate, gate_openings = u.gate_openings, inferences = u.inferences, "
                "overruns = u.overruns, events_lost = u.events_lost" +
                arrays + more_arrays + ") AS u " + names + more_names + where,
            reported.values());
    }
    if (!fresh.empty()) {
        connection_.run(
            "INSERT INTO boots " + names + more_names + " SELECT *" + arrays + more_arrays + ")",
            fresh.values());
    }
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
    fleet::write_rollups(connection_, sums_.shared());
    const DeviceHours changes = sums_.by_device();
    sums_.clear();
    if (changes.empty()) return;
    connection_.run("INSERT INTO rollup_changes (changes) VALUES ($1)",
                    PgValues().add_bytes(pack_changes(changes)));
    unfolded_ += static_cast<int64_t>(changes.size()) + kTransactionIs;
    if (unfolded_ < kMostUnfolded) return;
    fold_changes(connection_);
    unfolded_ = 0;
}

void PgRows::write_meta() {
    const Totals& by = grown();
    connection_.run(
        "UPDATE meta SET next_id = $1, unfolded = $2, devices = devices + $3, online = online + "
        "$4, events = events + $5, bytes_sensed = least(bytes_sensed + $6, $11), bytes_sent = "
        "least(bytes_sent + $7, $11), bytes_gate = least(bytes_gate + $8, $11), gate_openings = "
        "least(gate_openings + $9, $11), inferences = least(inferences + $10, $11)",
        PgValues()
            .add(next_id_)
            .add(unfolded_)
            .add(by.devices)
            .add(by.online)
            .add(by.events)
            .add(signed_of(by.bytes_sensed))
            .add(signed_of(by.bytes_sent))
            .add(signed_of(by.bytes_gate))
            .add(signed_of(by.gate_openings))
            .add(signed_of(by.inferences))
            .add(signed_of(kMostSum)));
    grown() = {};
}

}  // namespace ganglion::fleet
