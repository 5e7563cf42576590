#include "fleet/store/rollups.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ganglion::fleet {
namespace {

constexpr std::string_view kDevice = "device:";

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

void add_to(RollupRow& sum, const RollupRow& change) {
    sum.events += change.events;
    sum.alerts += change.alerts;
    sum.reports += change.reports;
    sum.score_sum += change.score_sum;
    sum.score_most = std::max(sum.score_most, change.score_most);
    sum.inferences += change.inferences;
    sum.bytes_sensed += change.bytes_sensed;
    sum.bytes_sent += change.bytes_sent;
    sum.bytes_gate += change.bytes_gate;
    for (size_t i = 0; i < sum.scores.size(); ++i) sum.scores[i] += change.scores[i];
}

}  // namespace

Rollups::Rollups(Database& database)
    : read_(database.prepare(std::string("SELECT ") + columns +
                             " FROM rollups WHERE scope = ? AND span = ? AND start_ms = ?")),
      write_(database.prepare(std::string("REPLACE INTO rollups (scope, span, ") + columns +
                              ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")) {}

void Rollups::add(const DeviceState& device, int64_t time_ms, const RollupRow& change) {
    constexpr auto minute = static_cast<int64_t>(Span::minute);
    add_to(changes_[{&device, time_ms - time_ms % minute}], change);
}

std::map<Rollups::Key, RollupRow> Rollups::by_scope() const {
    std::map<Key, RollupRow> sums;
    for (const auto& entry : changes_) {
        const DeviceState* device = entry.first.first;
        const int64_t time_ms = entry.first.second;
        const RollupRow& change = entry.second;
        const auto add_in = [&](const std::string& scope, Span span) {
            const auto step = static_cast<int64_t>(span);
            add_to(sums[{scope, step, time_ms - time_ms % step}], change);
        };
        for (const Span span : {Span::hour, Span::day})
            add_in(std::string(kDevice) + device->id, span);
        for (const Span span : {Span::minute, Span::hour, Span::day}) {
            add_in("fleet", span);
            if (!device->bundle_version.empty()) add_in("version:" + device->bundle_version, span);
            for (const auto& [name, value] : device->attributes) {
                std::string scope = name;
                add_in(scope.append(":").append(value), span);
            }
        }
    }
    return sums;
}

void Rollups::write_back() {
    std::map<Key, RollupRow> sums = by_scope();
    for (auto& [key, change] : sums) {
        const auto& [scope, span, start_ms] = key;
        read_.reset().bind(scope).bind(span).bind(start_ms);
        if (read_.step()) add_to(change, row_of(read_));
        read_.reset();
        write_.reset()
            .bind(scope)
            .bind(span)
            .bind(start_ms)
            .bind(signed_of(change.events))
            .bind(signed_of(change.alerts))
            .bind(signed_of(change.reports))
            .bind(signed_of(change.score_sum))
            .bind(change.score_most)
            .bind(signed_of(change.inferences))
            .bind(signed_of(change.bytes_sensed))
            .bind(signed_of(change.bytes_sent))
            .bind(signed_of(change.bytes_gate))
            .bind_blob({reinterpret_cast<const char*>(change.scores.data()), sizeof(change.scores)})
            .run();
    }
    changes_.clear();
}

std::vector<RollupRow> read_rollups(Database& database, const RollupQuery& query) {
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
        rows[statement.text(11).substr(kDevice.size())].push_back(row_of(statement));
    return rows;
}

}  // namespace ganglion::fleet
