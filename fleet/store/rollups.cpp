#include "fleet/store/rollups.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "fleet/store/device_minutes.hpp"
#include "fleet/store/packed_events.hpp"
#include "fleet/store/sqlite_runs.hpp"

namespace ganglion::fleet {
namespace {

constexpr const char* columns =
    "start_ms, events, alerts, reports, score_sum, score_most, inferences, bytes_sensed, "
    "bytes_sent, bytes_gate, scores";

int64_t signed_of(uint64_t value) {
    return static_cast<int64_t>(value);
}

/// `statement` gives the columns in their order, and may give more behind them.
RollupRow row_of(const Statement& statement) {
    RollupRow row;
    row.start_ms = statement.integer(0);
    row.events = statement.number<uint64_t>(1);
    row.alerts = statement.number<uint64_t>(2);
    row.reports = statement.number<uint64_t>(3);
    row.score_sum = statement.number<uint64_t>(4);
    row.score_most = statement.number<uint16_t>(5);
    row.inferences = statement.number<uint64_t>(6);
    row.bytes_sensed = statement.number<uint64_t>(7);
    row.bytes_sent = statement.number<uint64_t>(8);
    row.bytes_gate = statement.number<uint64_t>(9);
    const std::string bytes = statement.text(10);
    std::memcpy(row.scores.data(), bytes.data(), std::min(bytes.size(), sizeof(row.scores)));
    return row;
}

std::vector<RollupRow> read_minutes(Database& database, const RollupQuery& query) {
    Statement statement =
        database.prepare(std::string("SELECT ") + kPackedColumns +
                         " FROM events e WHERE device = (SELECT number FROM devices WHERE id = ?) "
                         "AND received_ms >= ?");
    const std::string device = device_of(query);
    statement.bind(device).bind(query.from_ms);
    DeviceMinutes minutes(query);
    while (statement.step()) minutes.add(unpacked(statement, device));
    return minutes.take();
}

}  // namespace

Rollups::Rollups(Database& database)
    : read_(database.prepare(std::string("SELECT ") + columns +
                             " FROM rollups WHERE scope = ? AND span = ? AND start_ms = ?")),
      write_(database.prepare(std::string("REPLACE INTO rollups (scope, span, ") + columns +
                              ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")) {}

void Rollups::write(const RollupSums& sums) {
    for (const auto& [key, change] : sums.by_scope()) {
        const auto& [scope, span, start_ms] = key;
        read_.reset().bind(scope).bind(span).bind(start_ms);
        RollupRow sum = change;
        if (read_.step()) add_to(sum, row_of(read_));
        read_.reset();
        write_.reset()
            .bind(scope)
            .bind(span)
            .bind(start_ms)
            .bind(signed_of(sum.events))
            .bind(signed_of(sum.alerts))
            .bind(signed_of(sum.reports))
            .bind(signed_of(sum.score_sum))
            .bind(sum.score_most)
            .bind(signed_of(sum.inferences))
            .bind(signed_of(sum.bytes_sensed))
            .bind(signed_of(sum.bytes_sent))
            .bind(signed_of(sum.bytes_gate))
            .bind_blob({reinterpret_cast<const char*>(sum.scores.data()), sizeof(sum.scores)})
            .run();
    }
}

std::vector<RollupRow> read_rollups(Database& database, const RollupQuery& query) {
    if (is_for_device_minutes(query)) return read_minutes(database, query);
    Statement statement = database.prepare(
        std::string("SELECT ") + columns +
        " FROM rollups WHERE scope = ? AND span = ? AND start_ms >= ? AND start_ms < ? ORDER BY "
        "start_ms");
    statement.bind(query.scope)
        .bind(static_cast<int64_t>(query.span))
        .bind(query.from_ms)
        .bind(query.to_ms);
    std::vector<RollupRow> rows;
    while (statement.step()) rows.push_back(row_of(statement));
    return rows;
}

std::map<std::string, std::vector<RollupRow>> read_device_rollups(Database& database,
                                                                  const RollupQuery& query) {
    // ';' follows ':' in ASCII: all scopes that begin with "device:".
    Statement statement = database.prepare(
        std::string("SELECT ") + columns +
        ", scope FROM rollups WHERE scope > 'device:' AND scope < 'device;' AND span = ? AND "
        "start_ms >= ? AND start_ms < ? ORDER BY scope, start_ms");
    statement.bind(static_cast<int64_t>(query.span)).bind(query.from_ms).bind(query.to_ms);
    std::map<std::string, std::vector<RollupRow>> rows;
    while (statement.step())
        rows[statement.text(11).substr(kDeviceScope.size())].push_back(row_of(statement));
    return rows;
}

}  // namespace ganglion::fleet
