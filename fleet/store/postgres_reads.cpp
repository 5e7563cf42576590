// What PgStore answers.
#include <algorithm>

#include "fleet/store/device_condition.hpp"
#include "fleet/store/gate_openings.hpp"
#include "fleet/store/place_query.hpp"
#include "fleet/store/postgres_rollups.hpp"
#include "fleet/store/postgres_runs.hpp"
#include "fleet/store/postgres_store.hpp"

namespace ganglion::fleet {
namespace {

/// Of the rows of devices that `chosen` gives.
std::string select_devices(const std::string& chosen) {
    return "SELECT d.id, application, online, last_seen_ms, d.boot, bundle_version, bundle_digest, "
           "ram_bytes, flash_bytes, instructions, firmware, fault, rate_hz, outbox, score, events, "
           "rejected, b.* FROM (" +
           chosen +
           ") d CROSS JOIN LATERAL (SELECT coalesce(sum(bytes_sensed), 0), "
           "coalesce(sum(bytes_sent), 0), coalesce(sum(bytes_gate), 0), "
           "coalesce(sum(gate_openings), 0), coalesce(sum(inferences), 0), coalesce(sum(overruns), "
           "0), coalesce(sum(events_lost), 0) FROM boots WHERE boots.device = d.number) b ORDER BY "
           "d.id";
}

/// What LIKE finds this text by, in any place.
std::string pattern_of(const std::string& text) {
    std::string pattern = "%";
    for (const char letter : text) {
        if (letter == '%' || letter == '_' || letter == '\\') pattern += '\\';
        pattern += letter;
    }
    return pattern + "%";
}

DeviceRow device_row(const PgResult& rows, int row) {
    DeviceRow device;
    device.id = rows.text(row, 0);
    device.application = rows.text(row, 1);
    device.online = rows.integer(row, 2) != 0;
    device.last_seen_ms = rows.integer(row, 3);
    device.boot = rows.number<uint32_t>(row, 4);
    device.bundle_version = rows.text(row, 5);
    device.bundle_digest = rows.text(row, 6);
    device.ram_bytes = rows.number<uint32_t>(row, 7);
    device.flash_bytes = rows.number<uint32_t>(row, 8);
    device.instructions = rows.number<uint32_t>(row, 9);
    device.firmware = rows.text(row, 10);
    device.fault = rows.text(row, 11);
    device.rate_hz = rows.number<uint32_t>(row, 12);
    device.outbox = rows.number<uint32_t>(row, 13);
    device.score_permille = rows.number<uint16_t>(row, 14);
    device.events = rows.number<uint64_t>(row, 15);
    device.rejected = rows.number<uint64_t>(row, 16);
    device.bytes_sensed = rows.number<uint64_t>(row, 17);
    device.bytes_sent = rows.number<uint64_t>(row, 18);
    device.bytes_gate = rows.number<uint64_t>(row, 19);
    device.gate_openings = rows.number<uint64_t>(row, 20);
    device.inferences = rows.number<uint64_t>(row, 21);
    device.overruns = rows.number<uint64_t>(row, 22);
    device.events_lost = rows.number<uint64_t>(row, 23);
    return device;
}

}  // namespace

std::map<std::string, Attributes> PgStore::attributes() {
    const std::lock_guard lock(read_mutex_);
    const PgResult rows =
        read_.run("SELECT id, name, value FROM attributes a JOIN devices d ON d.number = a.device",
                  PgValues());
    std::map<std::string, Attributes> attributes;
    for (int row = 0; row < rows.rows(); ++row)
        attributes[rows.text(row, 0)][rows.text(row, 1)] = rows.text(row, 2);
    return attributes;
}

std::vector<RollupRow> PgStore::rollups(const RollupQuery& query) {
    const std::lock_guard lock(read_mutex_);
    return read_rollups(read_, query);
}

std::map<std::string, std::vector<RollupRow>> PgStore::device_rollups(const RollupQuery& query) {
    const std::lock_guard lock(read_mutex_);
    return read_device_rollups(read_, query);
}

Summary PgStore::summary() {
    const std::lock_guard lock(read_mutex_);
    const PgResult row = read_.run(
        "SELECT devices, online, events, bytes_sensed, bytes_sent, bytes_gate, gate_openings, "
        "inferences FROM meta",
        PgValues());
    return {row.number<uint64_t>(0, 0), row.number<uint64_t>(0, 1), row.number<uint64_t>(0, 2),
            row.number<uint64_t>(0, 3), row.number<uint64_t>(0, 4), row.number<uint64_t>(0, 5),
            row.number<uint64_t>(0, 6), row.number<uint64_t>(0, 7)};
}

std::vector<DeviceRow> PgStore::devices(const DeviceQuery& query) {
    const std::lock_guard lock(read_mutex_);
    PgValues values;
    values.add(query.after).add(int64_t{query.limit});
    std::string matching;
    if (!query.search.empty()) {
        matching = " AND id LIKE $3";
        values.add(pattern_of(query.search));
    }
    const PgResult rows =
        read_.run(select_devices("SELECT * FROM devices WHERE id > $1" + matching +
                                 sql_of(query.condition) + " ORDER BY id LIMIT $2"),
                  values);
    return each_row(rows, device_row);
}

std::optional<DeviceRow> PgStore::device(const std::string& id) {
    const std::lock_guard lock(read_mutex_);
    const PgResult rows =
        read_.run(select_devices("SELECT * FROM devices WHERE id = $1"), PgValues().add(id));
    if (rows.rows() == 0) return std::nullopt;
    return device_row(rows, 0);
}

std::vector<VersionRow> PgStore::versions() {
    const std::lock_guard lock(read_mutex_);
    const PgResult rows = read_.run(
        "SELECT application, version, devices, online, faults, ram_bytes, flash_bytes, "
        "instructions FROM versions ORDER BY devices DESC, application, version",
        PgValues());
    return each_row(rows, [](const PgResult& found, int row) {
        return VersionRow{found.text(row, 0),
                          found.text(row, 1),
                          found.number<uint64_t>(row, 2),
                          found.number<uint64_t>(row, 3),
                          found.number<uint64_t>(row, 4),
                          found.number<uint32_t>(row, 5),
                          found.number<uint32_t>(row, 6),
                          found.number<uint32_t>(row, 7)};
    });
}

std::vector<PlaceRow> PgStore::places() {
    const std::lock_guard lock(read_mutex_);
    return each_row(read_.run(kPlaceQuery, PgValues()), [](const PgResult& found, int row) {
        return PlaceRow{found.text(row, 0), found.text(row, 1), found.number<uint64_t>(row, 2),
                        found.number<uint64_t>(row, 3), found.number<uint64_t>(row, 4)};
    });
}

std::vector<TroubledDevice> PgStore::troubled(int64_t silent_since_ms) {
    const std::lock_guard lock(read_mutex_);
    const PgResult rows = read_.run(
        "SELECT id, online, last_seen_ms, fault FROM devices WHERE fault <> '' OR (online = 0 AND "
        "last_seen_ms > 0 AND last_seen_ms < $1) ORDER BY id",
        PgValues().add(silent_since_ms));
    return each_row(rows, [](const PgResult& found, int row) {
        return TroubledDevice{found.text(row, 0), found.integer(row, 1) != 0, found.integer(row, 2),
                              found.text(row, 3)};
    });
}

std::vector<StoredEvent> PgStore::events(const EventQuery& query) {
    const std::lock_guard lock(read_mutex_);
    const std::string order = query.after ? "" : " DESC";
    EventPage page(query);
    PgValues values;
    values.add(page.low_id())
        .add(query.before.value_or(page.high_id()))
        .add(int64_t{query.limit})
        .add(page.high_id());
    const std::string between = "last_id > $1 AND last_id < $4 AND first_id < $2";
    // Each row holds at least one event of those asked for, so that as many rows as events are
    // asked for are enough.
    std::string from =
        "(SELECT * FROM events WHERE " + between + " ORDER BY last_id" + order + " LIMIT $3) e";
    if (query.device) {
        values.add(*query.device);
        from =
            "(SELECT last_id, received_ms FROM runs WHERE device = (SELECT number FROM devices "
            "WHERE id = $5) AND " +
            between + " ORDER BY last_id" + order +
            " LIMIT $3) r JOIN events e ON e.received_ms = r.received_ms AND e.last_id = r.last_id";
    }
    const PgResult rows = read_.run(
        std::string("SELECT ") + kPackedColumns + ", d.id FROM " + from +
            " JOIN devices d ON d.number = e.device ORDER BY e.last_id" + order + " LIMIT $3",
        values);
    for (int row = 0; row < rows.rows() && !page.is_full(); ++row)
        page.add(unpacked(rows, row, rows.text(row, 6)));
    return page.take();
}

std::vector<Gap> PgStore::gaps(const std::optional<std::string>& device) {
    const std::lock_guard lock(read_mutex_);
    // Up to `through` there is none; above it, a gap lies before each sequence whose predecessor is
    // not there.
    const PgResult rows = read_.run(
        "SELECT id, boot, before + 1, sequence - 1 FROM (SELECT d.id, a.boot, a.sequence, "
        "lag(a.sequence, 1, b.through) OVER (PARTITION BY a.device, a.boot ORDER BY a.sequence) AS "
        "before FROM ahead a JOIN boots b ON b.device = a.device AND b.boot = a.boot JOIN devices "
        "d ON d.number = a.device WHERE $1::text IS NULL OR d.id = $1) AS beyond WHERE sequence > "
        "before + 1 UNION ALL SELECT id, l.boot, first, last FROM losses l JOIN devices d ON "
        "d.number = l.device WHERE $1::text IS NULL OR id = $1 ORDER BY 1, 2, 3",
        PgValues().add_optional(device));
    return each_row(rows, [](const PgResult& found, int row) {
        return Gap{found.text(row, 0), found.number<uint32_t>(row, 1),
                   found.number<uint32_t>(row, 2), found.number<uint32_t>(row, 3)};
    });
}

std::vector<GateOpening> PgStore::gate(const std::optional<std::string>& device) {
    const std::lock_guard lock(read_mutex_);
    const PgResult rows = read_.run(
        "SELECT d.id, g.boot, opening, first_sample, length(samples), last FROM gate_chunks g JOIN "
        "devices d ON d.number = g.device WHERE $1::text IS NULL OR d.id = $1 ORDER BY d.id, "
        "g.boot, opening, first_sample",
        PgValues().add_optional(device));
    GateOpenings openings;
    for (int row = 0; row < rows.rows(); ++row) {
        openings.add({rows.text(row, 0), rows.number<uint32_t>(row, 1),
                      rows.number<uint32_t>(row, 2), rows.number<uint64_t>(row, 3),
                      rows.number<uint64_t>(row, 4), rows.integer(row, 5) != 0});
    }
    return openings.take();
}

}  // namespace ganglion::fleet
