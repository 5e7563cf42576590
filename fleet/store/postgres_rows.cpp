#include "fleet/store/postgres_rows.hpp"

#include <algorithm>
#include <utility>

#include "fleet/store/postgres_columns.hpp"
#include "fleet/store/postgres_schema.hpp"
#include "fleet/store/postgres_versions.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

/// Some 50 MB; beyond it all is read again.
constexpr size_t kMostDevices = 100'000;

/// Calls `visit` with each (boot, sequence) of events that a message has, and with sequence 0 for
/// a boot that it speaks of otherwise.
template <typename Visit>
void for_each_boot(const Message& message, const Visit& visit) {
    if (const auto* events = std::get_if<EventsMessage>(&message.content)) {
        visit(events->boot, 0U);
        for (const EventRecord& event : events->events) visit(event.boot, event.sequence);
    } else if (const auto* report = std::get_if<ReportRecord>(&message.content)) {
        visit(report->boot, 0U);
    } else if (const auto* chunk = std::get_if<GateRecord>(&message.content)) {
        visit(chunk->boot, 0U);
    }
}

}  // namespace

Pen take_pen(PgConnection& connection) {
    const PgResult pen = connection.run(
        "UPDATE meta SET turn = turn + 1 RETURNING turn, next_id, unfolded", PgValues());
    return {pen.integer(0, 0), pen.integer(0, 1), pen.integer(0, 2)};
}

void PgRows::prepare(std::span<const Message> messages) {
    const Pen pen = take_pen(connection_);
    if (pen.turn != turn_ + 1) forget();
    turn_ = pen.turn;
    next_id_ = pen.next_id;
    unfolded_ = pen.unfolded;
    load_devices(messages);
    load_boots(messages);
    load_known(messages);
}

void PgRows::load_devices(std::span<const Message> messages) {
    std::set<std::string_view> missing;
    for (const Message& message : messages)
        if (!devices_.contains(message.device)) missing.insert(message.device);
    if (missing.empty()) return;
    PgArray ids;
    for (const std::string_view id : missing) ids.add(id);
    PgArray numbers;
    std::unordered_map<int64_t, DeviceState*> by_number;
    const auto take = [&](const PgResult& rows) {
        for (int row = 0; row < rows.rows(); ++row) {
            DeviceState& device = devices_[rows.text(row, 0)];
            device.id = rows.text(row, 0);
            device.number = rows.integer(row, 1);
            device.last_seen_ms = rows.integer(row, 2);
            device.boot = rows.number<uint32_t>(row, 3);
            device.bundle_version = rows.text(row, 4);
            device.online = rows.integer(row, 5) != 0;
            device.application = rows.text(row, 6);
            device.has_fault = !rows.text(row, 7).empty();
            device.instructions = rows.number<uint32_t>(row, 8);
            by_number[device.number] = &device;
            numbers.add(device.number);
        }
    };
    const std::string columns =
        "id, number, last_seen_ms, boot, bundle_version, online, application, fault, "
        "instructions";
    take(connection_.run("SELECT " + columns + " FROM devices WHERE id = ANY($1::text[])",
                         PgValues().add(ids.text())));
    if (by_number.size() < missing.size()) {
        PgArray fresh;
        for (const std::string_view id : missing)
            if (!devices_.contains(std::string(id))) fresh.add(id);
        grown().devices += static_cast<int64_t>(missing.size() - by_number.size());
        take(connection_.run(
            "INSERT INTO devices (id) SELECT unnest($1::text[]) RETURNING " + columns,
            PgValues().add(fresh.text())));
    }
    const PgResult rows = connection_.run(
        "SELECT device, name, value FROM attributes WHERE device = ANY($1::bigint[])",
        PgValues().add(numbers.text()));
    for (int row = 0; row < rows.rows(); ++row)
        by_number.at(rows.integer(row, 0))->attributes[rows.text(row, 1)] = rows.text(row, 2);
}

void PgRows::load_boots(std::span<const Message> messages) {
    std::map<Boot, DeviceState*> missing;
    for (const Message& message : messages) {
        DeviceState& device = devices_.at(message.device);
        for_each_boot(message, [&](uint32_t boot, uint32_t) {
            if (!device.boots.contains(boot)) missing[{device.number, boot}] = &device;
        });
    }
    if (missing.empty()) return;
    PgArray numbers, boots;
    for (const auto& [boot, device] : missing) {
        device->boots[boot.second] = {};
        numbers.add(boot.first);
        boots.add(int64_t{boot.second});
    }
    const PgResult rows = connection_.run(
        "SELECT b.device, b.boot, offset_ms, offset_at_ms, heard_ms, through, ahead, inferences, "
        "bytes_sensed, bytes_sent, bytes_gate, gate_openings, overruns, events_lost FROM "
        "unnest($1::bigint[], $2::bigint[]) AS q (device, boot) JOIN boots b ON b.device = "
        "q.device AND b.boot = q.boot",
        PgValues().add(numbers.text()).add(boots.text()));
    std::vector<Boot> with_window;
    for (int row = 0; row < rows.rows(); ++row) {
        const Boot name{rows.integer(row, 0), rows.number<uint32_t>(row, 1)};
        BootState& state = missing.at(name)->boots[name.second];
        state.stored = true;
        if (!rows.is_null(row, 2)) state.offset_ms = rows.integer(row, 2);
        state.offset_at_ms = rows.integer(row, 3);
        state.heard_ms = rows.integer(row, 4);
        state.through = rows.number<uint32_t>(row, 5);
        state.ahead = rows.number<uint32_t>(row, 6);
        state.inferences = rows.number<uint64_t>(row, 7);
        state.bytes_sensed = rows.number<uint64_t>(row, 8);
        state.bytes_sent = rows.number<uint64_t>(row, 9);
        state.bytes_gate = rows.number<uint64_t>(row, 10);
        state.gate_openings = rows.number<uint64_t>(row, 11);
        state.overruns = rows.number<uint64_t>(row, 12);
        state.events_lost = rows.number<uint64_t>(row, 13);
        if (state.ahead > 0) with_window.push_back(name);
    }
    load_windows(with_window);
    const PgResult jumps = connection_.run(
        "SELECT j.device, j.boot, clock_ms, ahead_ms FROM unnest($1::bigint[], $2::bigint[]) AS q "
        "(device, boot) JOIN jumps j ON j.device = q.device AND j.boot = q.boot ORDER BY j.number",
        PgValues().add(numbers.text()).add(boots.text()));
    for (int row = 0; row < jumps.rows(); ++row) {
        const Boot name{jumps.integer(row, 0), jumps.number<uint32_t>(row, 1)};
        missing.at(name)->boots[name.second].jumps.push_back(
            {jumps.integer(row, 2), jumps.integer(row, 3)});
    }
}

void PgRows::load_windows(const std::vector<Boot>& boots) {
    if (boots.empty()) return;
    PgArray numbers, names;
    for (const Boot& boot : boots) {
        numbers.add(boot.first);
        names.add(int64_t{boot.second});
    }
    const PgResult rows = connection_.run(
        "SELECT a.device, a.boot, a.sequence FROM unnest($1::bigint[], $2::bigint[]) AS q (device, "
        "boot) JOIN ahead a ON a.device = q.device AND a.boot = q.boot",
        PgValues().add(numbers.text()).add(names.text()));
    for (int row = 0; row < rows.rows(); ++row) {
        windows_[{rows.integer(row, 0), rows.number<uint32_t>(row, 1)}].stored.insert(
            rows.number<uint32_t>(row, 2));
    }
}

/// Reads the runs of events that are there already under the names that come: at most those up to
/// `through` and in the window.
void PgRows::load_known(std::span<const Message> messages) {
    PgArray numbers, boots, sequences;
    for (const Message& message : messages) {
        const DeviceState& device = devices_.at(message.device);
        for_each_boot(message, [&](uint32_t boot, uint32_t sequence) {
            if (sequence == 0) return;
            const bool before = sequence <= device.boots.at(boot).through;
            const auto window = windows_.find({device.number, boot});
            if (!before && (window == windows_.end() || !window->second.stored.contains(sequence)))
                return;
            numbers.add(device.number);
            boots.add(int64_t{boot});
            sequences.add(int64_t{sequence});
        });
    }
    if (numbers.empty()) return;
    const PgResult rows = connection_.run(
        std::string("SELECT ") + kPackedColumns +
            ", e.device FROM (SELECT DISTINCT r.last_id, r.received_ms FROM unnest($1::bigint[], "
            "$2::bigint[], $3::bigint[]) AS q (device, boot, sequence) CROSS JOIN LATERAL (SELECT "
            "first_sequence, last_id, received_ms FROM runs r WHERE r.device = q.device AND r.boot "
            "= q.boot AND r.last_sequence >= q.sequence ORDER BY r.device, r.boot, r.last_sequence "
            "LIMIT 1) r WHERE r.first_sequence <= q.sequence) r JOIN events e ON e.received_ms = "
            "r.received_ms AND e.last_id = r.last_id",
        PgValues().add(numbers.text()).add(boots.text()).add(sequences.text()));
    for (int row = 0; row < rows.rows(); ++row) {
        for (StoredEvent& stored : unpacked(rows, row, "")) {
            const Name name{rows.integer(row, 6), stored.event.boot, stored.event.sequence};
            known_[name] = std::move(stored.event);
        }
    }
}

DeviceState& PgRows::device(const std::string& id) {
    DeviceState& device = devices_.at(id);
    if (!device.changed) touched_.push_back(&device);
    device.changed = true;
    return device;
}

BootState& PgRows::boot(DeviceState& device, uint32_t boot) {
    BootState& state = device.boots.at(boot);
    state.changed = true;
    return state;
}

int64_t PgRows::heard_before(const DeviceState& device, uint32_t boot) {
    if (const int64_t newest = heard_at_hand(device, boot); newest > 0) return newest;
    return connection_
        .run(
            "SELECT coalesce((SELECT max(heard_ms) FROM boots WHERE device = $1 AND boot < $2 AND "
            "heard_ms > 0), (SELECT created_ms FROM meta))",
            PgValues().add(device.number).add(int64_t{boot}))
        .integer(0, 0);
}

bool PgRows::add_event(const DeviceState& device, StoredEvent& stored) {
    const EventRecord& event = stored.event;
    const Boot name{device.number, event.boot};
    const uint32_t through = device.boots.at(event.boot).through;
    // The next one in order is never in the window.
    if (event.sequence > through + 1) {
        Window& window = windows_[name];
        if (!window.stored.insert(event.sequence).second) return false;
        window.added.push_back(event.sequence);
    }
    stored.id = next_id_++;
    runs_.add(device.number, stored);
    fresh_.emplace_back(Name{device.number, event.boot, event.sequence}, event);
    return true;
}

Rows::Known PgRows::look_up(const DeviceState& device, const EventRecord& event) {
    for (auto& [name, added] : fresh_) known_.emplace(name, std::move(added));
    fresh_.clear();
    const auto known = known_.find({device.number, event.boot, event.sequence});
    if (known == known_.end()) return Known::absent;
    return is_same(known->second, event) ? Known::same : Known::another;
}

std::optional<uint32_t> PgRows::next_stored(const DeviceState& device, uint32_t boot,
                                            uint32_t after) {
    const auto window = windows_.find({device.number, boot});
    if (window == windows_.end()) return std::nullopt;
    const auto next = window->second.stored.upper_bound(after);
    return next == window->second.stored.end() ? std::nullopt : std::optional(*next);
}

void PgRows::add_loss(const DeviceState& device, uint32_t boot, int64_t first, int64_t last) {
    connection_.run(
        "INSERT INTO losses (device, boot, first, last) VALUES ($1, $2, $3, $4) ON CONFLICT "
        "(device, boot, first) DO UPDATE SET last = excluded.last",
        PgValues().add(device.number).add(int64_t{boot}).add(first).add(last));
}

std::optional<std::pair<int64_t, int64_t>> PgRows::take_loss(const DeviceState& device,
                                                             uint32_t boot, uint32_t sequence) {
    const PgResult loss = connection_.run(
        "DELETE FROM losses WHERE device = $1 AND boot = $2 AND first <= $3 AND last >= $3 "
        "RETURNING first, last",
        PgValues().add(device.number).add(int64_t{boot}).add(int64_t{sequence}));
    if (loss.rows() == 0) return std::nullopt;
    return std::pair{loss.integer(0, 0), loss.integer(0, 1)};
}

void PgRows::write_jumps(const DeviceState& device, uint32_t boot,
                         const std::vector<ClockJump>& jumps) {
    connection_.run("DELETE FROM jumps WHERE device = $1 AND boot = $2",
                    PgValues().add(device.number).add(int64_t{boot}));
    Columns<5> rows;
    for (size_t i = 0; i < jumps.size(); ++i)
        rows.add_row(
            {device.number, boot, static_cast<int64_t>(i), jumps[i].clock_ms, jumps[i].ahead_ms});
    connection_.run(
        "INSERT INTO jumps (device, boot, number, clock_ms, ahead_ms) SELECT * FROM "
        "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])",
        rows.values());
}

void PgRows::add_chunk(const DeviceState& device, const GateRecord& chunk) {
    connection_.run(
        "INSERT INTO gate_chunks (device, boot, opening, first_sample, last, samples) VALUES ($1, "
        "$2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        PgValues()
            .add(device.number)
            .add(int64_t{chunk.boot})
            .add(int64_t{chunk.opening})
            .add(static_cast<int64_t>(chunk.first_sample))
            .add(int64_t{chunk.last ? 1 : 0})
            .add_bytes(chunk.samples));
}

void PgRows::finish(Committed&) {
    write_devices();
    write_changes();
    write_boots();
    write_windows();
    write_rollups();
    write_versions(connection_, std::exchange(versions(), {}));
    runs_.write(connection_);
    write_meta();
    known_.clear();
    fresh_.clear();
    if (devices_.size() > kMostDevices) forget();
}

void PgRows::forget() {
    turn_ = -1;
    devices_.clear();
    windows_.clear();
    touched_.clear();
    changes_.clear();
    known_.clear();
    fresh_.clear();
    sums_.clear();
    runs_.forget();
    grown() = {};
    versions() = {};
}

}  // namespace ganglion::fleet
