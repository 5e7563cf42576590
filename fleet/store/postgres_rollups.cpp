#include "fleet/store/postgres_rollups.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "fleet/store/device_minutes.hpp"
#include "fleet/store/postgres_columns.hpp"
#include "fleet/store/postgres_runs.hpp"
#include "fleet/store/varint.hpp"

namespace ganglion::fleet {
namespace {

constexpr auto kHour = static_cast<int64_t>(Span::hour);

const std::string kRollupColumns =
    "SELECT start_ms, events, alerts, reports, score_sum, score_most, inferences, bytes_sensed, "
    "bytes_sent, bytes_gate, scores[1], scores[2], scores[3], scores[4], scores[5], scores[6], "
    "scores[7], scores[8], scope FROM rollups WHERE ";

RollupRow rollup_row(const PgResult& rows, int row) {
    RollupRow sums;
    sums.start_ms = rows.integer(row, 0);
    sums.events = rows.number<uint64_t>(row, 1);
    sums.alerts = rows.number<uint64_t>(row, 2);
    sums.reports = rows.number<uint64_t>(row, 3);
    sums.score_sum = rows.number<uint64_t>(row, 4);
    sums.score_most = rows.number<uint16_t>(row, 5);
    sums.inferences = rows.number<uint64_t>(row, 6);
    sums.bytes_sensed = rows.number<uint64_t>(row, 7);
    sums.bytes_sent = rows.number<uint64_t>(row, 8);
    sums.bytes_gate = rows.number<uint64_t>(row, 9);
    for (size_t i = 0; i < sums.scores.size(); ++i)
        sums.scores[i] = rows.number<uint32_t>(row, 10 + static_cast<int>(i));
    return sums;
}

/// Numbers of devices to their ids.
std::unordered_map<int64_t, std::string> ids_of(PgConnection& connection,
                                                const DeviceHours& hours) {
    PgArray numbers;
    int64_t last = -1;
    for (const auto& [key, sum] : hours)
        if (std::exchange(last, key.first) != key.first) numbers.add(key.first);
    const PgResult rows =
        connection.run("SELECT number, id FROM devices WHERE number = ANY($1::bigint[])",
                       PgValues().add(numbers.text()));
    std::unordered_map<int64_t, std::string> ids;
    for (int row = 0; row < rows.rows(); ++row) ids[rows.integer(row, 0)] = rows.text(row, 1);
    return ids;
}

/// Adds to the rows, which are the oldest first, what the step at this time grew by.
void add_step(std::vector<RollupRow>& rows, int64_t start_ms, const RollupRow& change) {
    auto place = std::ranges::lower_bound(rows, start_ms, {}, &RollupRow::start_ms);
    if (place == rows.end() || place->start_ms != start_ms) {
        place = rows.emplace(place);
        place->start_ms = start_ms;
    }
    add_to(*place, change);
}

/// Reads several tables as they were at one moment.
class Snapshot {
  public:
    explicit Snapshot(PgConnection& connection) : transaction_(connection) {
        connection.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

  private:
    PgTransaction transaction_;
};

std::vector<RollupRow> read_minutes(PgConnection& connection, const RollupQuery& query) {
    const std::string device = device_of(query);
    // Run by run (OFFSET 0: no other plan), each in the one partition that its time says.
    const PgResult rows = connection.run(
        std::string("SELECT ") + kPackedColumns +
            " FROM runs r CROSS JOIN LATERAL (SELECT * FROM events WHERE received_ms = "
            "r.received_ms AND last_id = r.last_id OFFSET 0) e WHERE r.device = (SELECT number "
            "FROM devices WHERE id = $1) AND r.received_ms >= $2",
        PgValues().add(device).add(query.from_ms));
    DeviceMinutes minutes(query);
    for (int row = 0; row < rows.rows(); ++row) minutes.add(unpacked(rows, row, device));
    return minutes.take();
}

}  // namespace

std::string pack_changes(const DeviceHours& changes) {
    std::string bytes;
    for (const auto& [key, sum] : changes) {
        put_varint(bytes, static_cast<uint64_t>(key.first));
        put_signed(bytes, static_cast<uint64_t>(key.second / kHour));
        put_varint(bytes, sum.events);
        put_varint(bytes, sum.alerts);
        put_varint(bytes, sum.reports);
        if (sum.reports == 0) continue;
        for (const uint64_t value : {sum.score_sum, uint64_t{sum.score_most}, sum.inferences,
                                     sum.bytes_sensed, sum.bytes_sent, sum.bytes_gate})
            put_varint(bytes, value);
        for (const uint32_t count : sum.scores) put_varint(bytes, count);
    }
    return bytes;
}

void add_packed(DeviceHours& sums, std::string_view bytes, std::optional<int64_t> only) {
    VarintReader reader(bytes);
    while (!reader.at_end()) {
        const auto device = static_cast<int64_t>(reader.number());
        const auto hour = static_cast<int64_t>(reader.signed_number());
        RollupRow change;
        change.events = reader.number();
        change.alerts = reader.number();
        change.reports = reader.number();
        if (change.reports > 0) {
            change.score_sum = reader.number();
            change.score_most = static_cast<uint16_t>(reader.number());
            change.inferences = reader.number();
            change.bytes_sensed = reader.number();
            change.bytes_sent = reader.number();
            change.bytes_gate = reader.number();
            for (uint32_t& count : change.scores) count = static_cast<uint32_t>(reader.number());
        }
        if (device == only.value_or(device)) add_to(sums[{device, hour * kHour}], change);
    }
}

void write_rollups(PgConnection& connection, const std::map<RollupSums::Key, RollupRow>& sums) {
    Columns<13> columns;
    for (const auto& [key, sum] : sums) {
        const auto& [scope, span, start_ms] = key;
        columns[0].add(std::string_view(scope));
        columns[1].add(span);
        columns[2].add(start_ms);
        size_t next = 3;
        for (const uint64_t value :
             {sum.events, sum.alerts, sum.reports, sum.score_sum, uint64_t{sum.score_most},
              sum.inferences, sum.bytes_sensed, sum.bytes_sent, sum.bytes_gate})
            columns[next++].add(static_cast<int64_t>(value));
        PgArray scores;
        for (const uint32_t count : sum.scores) scores.add(int64_t{count});
        columns[next].add(std::string_view(scores.text()));
    }
    if (columns.empty()) return;
    connection.run(
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
        columns.values().add(static_cast<int64_t>(kMostSum)));
}

DeviceHours read_changes(PgConnection& connection, std::optional<int64_t> only) {
    const PgResult rows = connection.run("SELECT changes FROM rollup_changes", PgValues());
    DeviceHours sums;
    for (int row = 0; row < rows.rows(); ++row) add_packed(sums, rows.bytes(row, 0), only);
    return sums;
}

void fold_changes(PgConnection& connection) {
    const DeviceHours hours = read_changes(connection);
    const auto ids = ids_of(connection, hours);
    std::map<RollupSums::Key, RollupRow> sums;
    for (const auto& [key, change] : hours) {
        const std::string scope = std::string(kDeviceScope) + ids.at(key.first);
        for (const Span span : {Span::hour, Span::day}) {
            const auto step = static_cast<int64_t>(span);
            add_to(sums[{scope, step, key.second - key.second % step}], change);
        }
    }
    write_rollups(connection, sums);
    connection.run("DELETE FROM rollup_changes", PgValues());
}

std::vector<RollupRow> read_rollups(PgConnection& connection, const RollupQuery& query) {
    if (is_for_device_minutes(query)) return read_minutes(connection, query);
    const auto step = static_cast<int64_t>(query.span);
    const bool of_device = query.scope.starts_with(kDeviceScope);
    std::optional<Snapshot> snapshot;
    if (of_device) snapshot.emplace(connection);
    std::vector<RollupRow> rows = each_row(
        connection.run(
            kRollupColumns +
                "scope = $1 AND span = $2 AND start_ms >= $3 AND start_ms < $4 ORDER BY start_ms",
            PgValues().add(query.scope).add(step).add(query.from_ms).add(query.to_ms)),
        rollup_row);
    if (!of_device) return rows;
    const PgResult device = connection.run("SELECT number FROM devices WHERE id = $1",
                                           PgValues().add(device_of(query)));
    if (device.rows() == 0) return rows;
    for (const auto& [key, change] : read_changes(connection, device.integer(0, 0))) {
        const int64_t start_ms = key.second - key.second % step;
        if (start_ms >= query.from_ms && start_ms < query.to_ms) add_step(rows, start_ms, change);
    }
    return rows;
}

std::map<std::string, std::vector<RollupRow>> read_device_rollups(PgConnection& connection,
                                                                  const RollupQuery& query) {
    const Snapshot snapshot(connection);
    const auto step = static_cast<int64_t>(query.span);
    // ';' follows ':' in ASCII: all scopes that begin with "device:".
    const PgResult rows = connection.run(
        kRollupColumns +
            "scope > 'device:' AND scope < 'device;' AND span = $1 AND start_ms >= $2 AND start_ms "
            "< $3 ORDER BY scope, start_ms",
        PgValues().add(step).add(query.from_ms).add(query.to_ms));
    std::map<std::string, std::vector<RollupRow>> found;
    for (int row = 0; row < rows.rows(); ++row)
        found[rows.text(row, 18).substr(kDeviceScope.size())].push_back(rollup_row(rows, row));
    if (query.span == Span::minute) return found;
    const DeviceHours changes = read_changes(connection);
    const auto ids = ids_of(connection, changes);
    for (const auto& [key, change] : changes) {
        const int64_t start_ms = key.second - key.second % step;
        if (start_ms >= query.from_ms && start_ms < query.to_ms)
            add_step(found[ids.at(key.first)], start_ms, change);
    }
    return found;
}

}  // namespace ganglion::fleet
