#include "fleet/store/sqlite_rows.hpp"

#include <utility>

namespace ganglion::fleet {
namespace {

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

std::optional<int64_t> widened(const std::optional<uint32_t>& value) {
    return value ? std::optional<int64_t>(*value) : std::nullopt;
}

}  // namespace

SqliteRows::SqliteRows(Database& database)
    : database_(database),
      states_(database),
      rollups_(database),
      add_event_(database.prepare("INSERT OR IGNORE INTO events (device, boot, sequence, clock_ms, "
                                  "time_ms, uncertainty_ms, received_ms, "
                                  "kind, label, score, sample, stop_samples, stop_instructions) "
                                  "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")),
      read_event_(database.prepare("SELECT clock_ms, kind, label, score, sample FROM events WHERE "
                                   "device = ? AND boot = ? AND sequence = ?")),
      next_sequence_(database.prepare("SELECT min(sequence) FROM events WHERE device = ? AND boot "
                                      "= ? AND sequence > ?")),
      write_status_(database.prepare(
          "UPDATE devices SET online = ?, application = coalesce(?, application), "
          "bundle_version = coalesce(?, bundle_version), bundle_digest = coalesce(?, "
          "bundle_digest), "
          "ram_bytes = coalesce(?, ram_bytes), flash_bytes = coalesce(?, flash_bytes), "
          "instructions = coalesce(?, instructions), firmware = coalesce(?, firmware), "
          "rate_hz = coalesce(?, rate_hz), fault = coalesce(?, fault) WHERE number = ?")),
      write_device_report_(database.prepare(
          "UPDATE devices SET instructions = ?, outbox = ?, score = ? WHERE number = ?")),
      add_chunk_(database.prepare(
          "INSERT OR IGNORE INTO gate_chunks (device, boot, opening, first_sample, last, samples) "
          "VALUES (?,?,?,?,?,?)")),
      write_totals_(database.prepare(
          "UPDATE meta SET devices = devices + ?1, online = online + ?2, events = events + ?3, "
          "bytes_sensed = min(bytes_sensed + ?4, ?9), bytes_sent = min(bytes_sent + ?5, ?9), "
          "bytes_gate = min(bytes_gate + ?6, ?9), gate_openings = min(gate_openings + ?7, ?9), "
          "inferences = min(inferences + ?8, ?9)")) {}

bool SqliteRows::add_event(const DeviceState& device, StoredEvent& stored) {
    const EventRecord& event = stored.event;
    const bool added = add_event_.reset()
                           .bind(device.number)
                           .bind(event.boot)
                           .bind(event.sequence)
                           .bind(signed_of(event.clock_ms))
                           .bind(stored.time_ms)
                           .bind(stored.uncertainty_ms)
                           .bind(stored.received_ms)
                           .bind(event.kind)
                           .bind(event.label)
                           .bind(event.score_permille)
                           .bind(signed_of(event.sample))
                           .bind_optional(widened(event.stop_samples))
                           .bind_optional(widened(event.stop_instructions))
                           .run() == 1;
    if (added) stored.id = database_.last_insert_id();
    return added;
}

Rows::Known SqliteRows::look_up(const DeviceState& device, const EventRecord& event) {
    read_event_.reset().bind(device.number).bind(event.boot).bind(event.sequence);
    Known known = Known::absent;
    if (read_event_.step()) {
        const bool same = read_event_.integer(0) == signed_of(event.clock_ms) &&
                          read_event_.integer(1) == event.kind &&
                          read_event_.text(2) == event.label &&
                          read_event_.integer(3) == event.score_permille &&
                          read_event_.integer(4) == signed_of(event.sample);
        known = same ? Known::same : Known::another;
    }
    read_event_.reset();
    return known;
}

std::optional<uint32_t> SqliteRows::next_stored(const DeviceState& device, uint32_t boot,
                                                uint32_t after) {
    next_sequence_.reset().bind(device.number).bind(boot).bind(after).step();
    std::optional<uint32_t> next;
    if (!next_sequence_.is_null(0)) next = next_sequence_.number<uint32_t>(0);
    next_sequence_.reset();
    return next;
}

void SqliteRows::add_loss(const DeviceState& device, uint32_t boot, int64_t first, int64_t last) {
    database_.prepare("REPLACE INTO losses (device, boot, first, last) VALUES (?,?,?,?)")
        .bind(device.number)
        .bind(boot)
        .bind(first)
        .bind(last)
        .run();
}

std::optional<std::pair<int64_t, int64_t>> SqliteRows::take_loss(const DeviceState& device,
                                                                 uint32_t boot, uint32_t sequence) {
    Statement loss = database_.prepare(
        "DELETE FROM losses WHERE device = ?1 AND boot = ?2 AND first <= ?3 AND last >= ?3 "
        "RETURNING first, last");
    loss.bind(device.number).bind(boot).bind(sequence);
    if (!loss.step()) return std::nullopt;
    return std::pair{loss.integer(0), loss.integer(1)};
}

void SqliteRows::write_status(const DeviceState& device, const StatusRecord& status) {
    write_status_.reset()
        .bind(status.online ? 1 : 0)
        .bind_optional(status.application)
        .bind_optional(status.bundle_version)
        .bind_optional(digest_text(status))
        .bind_optional(widened(status.ram_bytes))
        .bind_optional(widened(status.flash_bytes))
        .bind_optional(widened(status.instructions))
        .bind_optional(status.firmware_version)
        .bind_optional(widened(status.rate_hz))
        .bind_optional(fault_told(status))
        .bind(device.number)
        .run();
}

void SqliteRows::write_report(const DeviceState& device, const ReportRecord& report) {
    write_device_report_.reset()
        .bind(report.instructions)
        .bind(report.outbox)
        .bind(report.score_permille)
        .bind(device.number)
        .run();
}

void SqliteRows::add_chunk(const DeviceState& device, const GateRecord& chunk) {
    add_chunk_.reset()
        .bind(device.number)
        .bind(chunk.boot)
        .bind(chunk.opening)
        .bind(signed_of(chunk.first_sample))
        .bind(chunk.last ? 1 : 0)
        .bind_blob(chunk.samples)
        .run();
}

void SqliteRows::finish(Committed&) {
    rollups_.write(sums_);
    sums_.clear();
    states_.write_back();
    const Totals by = std::exchange(grown(), {});
    write_totals_.reset()
        .bind(by.devices)
        .bind(by.online)
        .bind(by.events)
        .bind(signed_of(by.bytes_sensed))
        .bind(signed_of(by.bytes_sent))
        .bind(signed_of(by.bytes_gate))
        .bind(signed_of(by.gate_openings))
        .bind(signed_of(by.inferences))
        .bind(signed_of(kMostSum))
        .run();
}

void SqliteRows::forget() {
    grown() = {};
    states_.forget();
    sums_.clear();
}

}  // namespace ganglion::fleet
