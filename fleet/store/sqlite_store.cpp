#include "fleet/store/sqlite_store.hpp"

#include <algorithm>

#include "fleet/store/device_condition.hpp"
#include "fleet/store/gate_openings.hpp"
#include "fleet/store/place_query.hpp"
#include "fleet/store/schema.hpp"
#include "fleet/store/sqlite_runs.hpp"

namespace ganglion::fleet {
namespace {

Database opened(const std::filesystem::path& file) {
    Database database(file);
    prepare_schema(database);
    return database;
}

/// Of the rows of devices that `chosen` gives. total() stands for a sum that no integer holds, too:
/// the counters are what devices say.
std::string select_devices(const std::string& chosen) {
    return "SELECT id, application, online, last_seen_ms, d.boot, bundle_version, bundle_digest, "
           "ram_bytes, flash_bytes, instructions, firmware, fault, rate_hz, outbox, score, events, "
           "rejected, total(bytes_sensed), total(bytes_sent), total(bytes_gate), "
           "total(gate_openings), total(inferences), total(overruns), total(events_lost) FROM (" +
           chosen + ") d LEFT JOIN boots b ON b.device = d.number GROUP BY d.id ORDER BY d.id";
}

DeviceRow device_row(const Statement& row) {
    DeviceRow device;
    device.id = row.text(0);
    device.application = row.text(1);
    device.online = row.integer(2) != 0;
    device.last_seen_ms = row.integer(3);
    device.boot = row.number<uint32_t>(4);
    device.bundle_version = row.text(5);
    device.bundle_digest = row.text(6);
    device.ram_bytes = row.number<uint32_t>(7);
    device.flash_bytes = row.number<uint32_t>(8);
    device.instructions = row.number<uint32_t>(9);
    device.firmware = row.text(10);
    device.fault = row.text(11);
    device.rate_hz = row.number<uint32_t>(12);
    device.outbox = row.number<uint32_t>(13);
    device.score_permille = row.number<uint16_t>(14);
    device.events = row.number<uint64_t>(15);
    device.rejected = row.number<uint64_t>(16);
    device.bytes_sensed = row.number<uint64_t>(17);
    device.bytes_sent = row.number<uint64_t>(18);
    device.bytes_gate = row.number<uint64_t>(19);
    device.gate_openings = row.number<uint64_t>(20);
    device.inferences = row.number<uint64_t>(21);
    device.overruns = row.number<uint64_t>(22);
    device.events_lost = row.number<uint64_t>(23);
    return device;
}

}  // namespace

SqliteStore::SqliteStore(const std::filesystem::path& file)
    : write_database_(opened(file)), rows_(write_database_), writer_(rows_), readers_(file) {}

Committed SqliteStore::commit(std::span<const Message> messages) {
    const std::lock_guard lock(write_mutex_);
    try {
        Transaction transaction(write_database_);
        Committed committed = writer_.write(messages);
        transaction.commit();
        return committed;
    } catch (...) {
        rows_.forget();
        throw;
    }
}

void SqliteStore::set_attributes(const std::string& device, const Attributes& attributes) {
    const std::lock_guard lock(write_mutex_);
    rows_.forget();
    Transaction transaction(write_database_);
    const int made =
        write_database_.prepare("INSERT OR IGNORE INTO devices (id) VALUES (?)").bind(device).run();
    write_database_.prepare("UPDATE meta SET devices = devices + ?").bind(made).run();
    write_database_
        .prepare("DELETE FROM attributes WHERE device = (SELECT number FROM devices WHERE id = ?)")
        .bind(device)
        .run();
    Statement add = write_database_.prepare(
        "INSERT INTO attributes (device, name, value) SELECT number, ?, ? FROM devices WHERE id = "
        "?");
    for (const auto& [name, value] : attributes)
        add.reset().bind(name).bind(value).bind(device).run();
    transaction.commit();
}

std::map<std::string, Attributes> SqliteStore::attributes() {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        "SELECT id, name, value FROM attributes a JOIN devices d ON d.number = a.device");
    std::map<std::string, Attributes> attributes;
    while (row.step()) attributes[row.text(0)][row.text(1)] = row.text(2);
    return attributes;
}

std::vector<RollupRow> SqliteStore::rollups(const RollupQuery& query) {
    const auto reading = readers_.take();
    return read_rollups(*reading, query);
}

std::map<std::string, std::vector<RollupRow>> SqliteStore::device_rollups(
    const RollupQuery& query) {
    const auto reading = readers_.take();
    return read_device_rollups(*reading, query);
}

std::vector<std::string> SqliteStore::mark_all_offline() {
    const std::lock_guard lock(write_mutex_);
    rows_.forget();
    Transaction transaction(write_database_);
    std::vector<std::string> changed;
    {
        Statement update =
            write_database_.prepare("UPDATE devices SET online = 0 WHERE online <> 0 RETURNING id");
        while (update.step()) changed.push_back(update.text(0));
    }
    write_database_.run("UPDATE meta SET online = 0; UPDATE versions SET online = 0");
    transaction.commit();
    return changed;
}

uint64_t SqliteStore::forget_before(int64_t received_ms, uint32_t limit) {
    const std::lock_guard lock(write_mutex_);
    Transaction transaction(write_database_);
    uint64_t forgotten = forget_oldest(write_database_, received_ms, limit);
    // A chunk has no time of its own: its boot was last heard before.
    Statement chunks = write_database_.prepare(
        "DELETE FROM gate_chunks WHERE rowid IN (SELECT g.rowid FROM gate_chunks g JOIN boots b ON "
        "b.device = g.device AND b.boot = g.boot WHERE b.heard_ms < ?1 LIMIT ?2)");
    chunks.bind(received_ms).bind(limit);
    forgotten += static_cast<uint64_t>(chunks.run());
    transaction.commit();
    return forgotten;
}

Summary SqliteStore::summary() {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        "SELECT devices, online, events, bytes_sensed, bytes_sent, bytes_gate, gate_openings, "
        "inferences FROM meta");
    row.step();
    return {row.number<uint64_t>(0), row.number<uint64_t>(1), row.number<uint64_t>(2),
            row.number<uint64_t>(3), row.number<uint64_t>(4), row.number<uint64_t>(5),
            row.number<uint64_t>(6), row.number<uint64_t>(7)};
}

std::vector<DeviceRow> SqliteStore::devices(const DeviceQuery& query) {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        select_devices("SELECT * FROM devices WHERE id > ?1 AND (?2 = '' OR instr(id, ?2) > 0)" +
                       sql_of(query.condition) + " ORDER BY id LIMIT ?3"));
    row.bind(query.after).bind(query.search).bind(query.limit);
    std::vector<DeviceRow> devices;
    while (row.step()) devices.push_back(device_row(row));
    return devices;
}

std::optional<DeviceRow> SqliteStore::device(const std::string& id) {
    const auto reading = readers_.take();
    Statement row = reading->prepare(select_devices("SELECT * FROM devices WHERE id = ?1"));
    row.bind(id);
    if (!row.step()) return std::nullopt;
    return device_row(row);
}

std::vector<VersionRow> SqliteStore::versions() {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        "SELECT application, version, devices, online, faults, ram_bytes, flash_bytes, "
        "instructions FROM versions ORDER BY devices DESC, application, version");
    std::vector<VersionRow> versions;
    while (row.step()) {
        versions.push_back({row.text(0), row.text(1), row.number<uint64_t>(2),
                            row.number<uint64_t>(3), row.number<uint64_t>(4),
                            row.number<uint32_t>(5), row.number<uint32_t>(6),
                            row.number<uint32_t>(7)});
    }
    return versions;
}

std::vector<PlaceRow> SqliteStore::places() {
    const auto reading = readers_.take();
    Statement row = reading->prepare(kPlaceQuery);
    std::vector<PlaceRow> places;
    while (row.step())
        places.push_back({row.text(0), row.text(1), row.number<uint64_t>(2),
                          row.number<uint64_t>(3), row.number<uint64_t>(4)});
    return places;
}

std::vector<TroubledDevice> SqliteStore::troubled(int64_t silent_since_ms) {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        "SELECT id, online, last_seen_ms, fault FROM devices WHERE fault <> '' OR (online = 0 AND "
        "last_seen_ms > 0 AND last_seen_ms < ?) ORDER BY id");
    row.bind(silent_since_ms);
    std::vector<TroubledDevice> devices;
    while (row.step())
        devices.push_back({row.text(0), row.integer(1) != 0, row.integer(2), row.text(3)});
    return devices;
}

std::vector<StoredEvent> SqliteStore::events(const EventQuery& query) {
    const auto reading = readers_.take();
    const std::string of_device =
        query.device ? " AND e.device = (SELECT number FROM devices WHERE id = ?3)" : "";
    Statement row = reading->prepare(
        std::string("SELECT ") + kPackedColumns +
        ", d.id FROM events e JOIN devices d ON d.number = e.device WHERE e.last_id > ?1 AND "
        "e.last_id < ?2" +
        of_device + " ORDER BY e.last_id" + (query.after ? "" : " DESC"));
    EventPage page(query);
    row.bind(page.low_id()).bind(page.high_id());
    if (query.device) row.bind(*query.device);
    while (!page.is_full() && row.step()) page.add(unpacked(row, row.text(6)));
    return page.take();
}

std::vector<Gap> SqliteStore::gaps(const std::optional<std::string>& device) {
    const auto reading = readers_.take();
    // Up to `through` there is none; above it, a gap lies before each run whose predecessor does
    // not end where it begins. CROSS JOIN: in this order, for few boots have gaps.
    Statement row = reading->prepare(
        "SELECT id, boot, before + 1, first_sequence - 1 FROM ("
        " SELECT d.id, e.boot, e.first_sequence, lag(e.last_sequence, 1, b.through)"
        "  OVER (PARTITION BY e.device, e.boot ORDER BY e.last_sequence) AS before"
        " FROM boots b CROSS JOIN devices d ON d.number = b.device"
        "  CROSS JOIN events e ON e.device = b.device AND e.boot = b.boot"
        "   AND e.last_sequence > b.through"
        " WHERE b.ahead > 0 AND (?1 IS NULL OR d.id = ?1))"
        " WHERE first_sequence > before + 1"
        " UNION ALL SELECT id, l.boot, first, last FROM losses l"
        "  CROSS JOIN devices d ON d.number = l.device WHERE ?1 IS NULL OR id = ?1"
        " ORDER BY 1, 2, 3");
    row.bind_optional(device);
    std::vector<Gap> gaps;
    while (row.step()) {
        gaps.push_back({row.text(0), row.number<uint32_t>(1), row.number<uint32_t>(2),
                        row.number<uint32_t>(3)});
    }
    return gaps;
}

std::vector<GateOpening> SqliteStore::gate(const std::optional<std::string>& device) {
    const auto reading = readers_.take();
    Statement row = reading->prepare(
        "SELECT d.id, g.boot, opening, first_sample, length(samples), last FROM gate_chunks g "
        "JOIN devices d ON d.number = g.device WHERE ?1 IS NULL OR d.id = ?1 "
        "ORDER BY d.id, g.boot, opening, first_sample");
    row.bind_optional(device);
    GateOpenings openings;
    while (row.step()) {
        openings.add({row.text(0), row.number<uint32_t>(1), row.number<uint32_t>(2),
                      row.number<uint64_t>(3), row.number<uint64_t>(4), row.integer(5) != 0});
    }
    return openings.take();
}

}  // namespace ganglion::fleet
