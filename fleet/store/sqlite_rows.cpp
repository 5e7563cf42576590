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
      runs_(database),
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
          "inferences = min(inferences + ?8, ?9), next_id = ?10")),
      write_version_(database.prepare(
          "INSERT INTO versions (application, version, devices, online, faults, ram_bytes, "
          "flash_bytes, instructions) VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET devices = "
          "devices + excluded.devices, online = online + excluded.online, faults = faults + "
          "excluded.faults, ram_bytes = max(ram_bytes, excluded.ram_bytes), flash_bytes = "
          "max(flash_bytes, excluded.flash_bytes), instructions = max(instructions, "
          "excluded.instructions)")) {}

void SqliteRows::prepare(std::span<const Message>) {
    if (next_id_ > 0) return;
    Statement row = database_.prepare("SELECT next_id FROM meta");
    row.step();
    next_id_ = row.integer(0);
}

bool SqliteRows::add_event(const DeviceState& device, StoredEvent& stored) {
    const EventRecord& event = stored.event;
    const BootState& boot = device.boots.at(event.boot);
    // What is not ahead was looked up before, and the next one in order is never there.
    const bool may_be_there = boot.ahead > 0 && event.sequence > boot.through + 1;
    if (may_be_there && runs_.find(device.number, event.boot, event.sequence)) return false;
    stored.id = next_id_++;
    runs_.add(device.number, stored);
    return true;
}

Rows::Known SqliteRows::look_up(const DeviceState& device, const EventRecord& event) {
    const auto known = runs_.find(device.number, event.boot, event.sequence);
    if (!known) return Known::absent;
    return is_same(*known, event) ? Known::same : Known::another;
}

std::optional<uint32_t> SqliteRows::next_stored(const DeviceState& device, uint32_t boot,
                                                uint32_t after) {
    return runs_.next(device.number, boot, after);
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

void SqliteRows::write_jumps(const DeviceState& device, uint32_t boot,
                             const std::vector<ClockJump>& jumps) {
    database_.prepare("DELETE FROM jumps WHERE device = ? AND boot = ?")
        .bind(device.number)
        .bind(boot)
        .run();
    Statement add = database_.prepare(
        "INSERT INTO jumps (device, boot, number, clock_ms, ahead_ms) VALUES (?,?,?,?,?)");
    for (size_t i = 0; i < jumps.size(); ++i) {
        add.reset()
            .bind(device.number)
            .bind(boot)
            .bind(static_cast<int64_t>(i))
            .bind(jumps[i].clock_ms)
            .bind(jumps[i].ahead_ms)
            .run();
    }
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

void SqliteRows::write_versions() {
    bool left = false;
    for (const auto& [name, by] : std::exchange(versions(), {})) {
        left = left || by.devices <= 0;
        write_version_.reset()
            .bind(name.first)
            .bind(name.second)
            .bind(by.devices)
            .bind(by.online)
            .bind(by.faults)
            .bind(by.ram_bytes)
            .bind(by.flash_bytes)
            .bind(by.instructions)
            .run();
    }
    if (left) database_.run("DELETE FROM versions WHERE devices <= 0");
}

void SqliteRows::finish(Committed&) {
    runs_.write();
    runs_.forget();
    write_versions();
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
        .bind(next_id_)
        .run();
}

void SqliteRows::forget() {
    grown() = {};
    versions() = {};
    next_id_ = 0;
    runs_.forget();
    states_.forget();
    sums_.clear();
}

}  // namespace ganglion::fleet
