// The queue of messages about incidents.
#include "fleet/alert/incident_store.hpp"

namespace ganglion::fleet {
namespace {

constexpr const char* delivery_columns =
    "SELECT id, channel, incident, reason, line, made_ms, due_ms, sent_ms, attempts, error FROM "
    "deliveries ";

Delivery delivery_of(const Statement& row) {
    Delivery delivery;
    delivery.id = row.integer(0);
    delivery.channel = row.text(1);
    delivery.incident = row.integer(2);
    delivery.reason = row.text(3);
    delivery.line = row.text(4);
    delivery.made_ms = row.integer(5);
    delivery.due_ms = row.integer(6);
    delivery.sent_ms = row.integer(7);
    delivery.attempts = row.number<uint32_t>(8);
    delivery.error = row.text(9);
    return delivery;
}

std::vector<Delivery> deliveries_of(Statement& row) {
    std::vector<Delivery> deliveries;
    while (row.step()) deliveries.push_back(delivery_of(row));
    return deliveries;
}

}  // namespace

void IncidentStore::owe(const Delivery& delivery) {
    database_
        .prepare(
            "INSERT INTO deliveries (channel, incident, reason, line, made_ms, due_ms) VALUES "
            "(?,?,?,?,?,?)")
        .bind(delivery.channel)
        .bind(delivery.incident)
        .bind(delivery.reason)
        .bind(delivery.line)
        .bind(delivery.made_ms)
        .bind(delivery.due_ms)
        .run();
}

bool IncidentStore::is_owed(const std::string& channel, int64_t incident,
                            const std::string& reason) {
    return database_
        .prepare("SELECT 1 FROM deliveries WHERE incident = ? AND channel = ? AND reason = ?")
        .bind(incident)
        .bind(channel)
        .bind(reason)
        .step();
}

std::vector<std::string> IncidentStore::told(int64_t incident) {
    Statement row = database_.prepare(
        "SELECT DISTINCT channel FROM deliveries WHERE incident = ? AND channel IN (SELECT name "
        "FROM channels)");
    row.bind(incident);
    std::vector<std::string> names;
    while (row.step()) names.push_back(row.text(0));
    return names;
}

std::vector<Delivery> IncidentStore::deliveries(int64_t incident) {
    Statement row =
        database_.prepare(std::string(delivery_columns) + "WHERE incident = ? ORDER BY id");
    row.bind(incident);
    return deliveries_of(row);
}

std::vector<Delivery> IncidentStore::due(const std::string& channel, int64_t now_ms,
                                         uint32_t limit) {
    Statement row =
        database_.prepare(std::string(delivery_columns) +
                          "WHERE channel = ? AND sent_ms = 0 AND due_ms <= ? ORDER BY id LIMIT ?");
    row.bind(channel).bind(now_ms).bind(limit);
    return deliveries_of(row);
}

int64_t IncidentStore::last_sent_ms(const std::string& channel) {
    Statement row =
        database_.prepare("SELECT coalesce(max(sent_ms), 0) FROM deliveries WHERE channel = ?");
    row.bind(channel).step();
    return row.integer(0);
}

void IncidentStore::sent(const std::vector<Delivery>& deliveries, int64_t now_ms) {
    Statement update = database_.prepare(
        "UPDATE deliveries SET sent_ms = ?, attempts = attempts + 1, error = '' WHERE id = ?");
    for (const Delivery& delivery : deliveries) update.reset().bind(now_ms).bind(delivery.id).run();
}

void IncidentStore::failed(const std::vector<Delivery>& deliveries, int64_t again_ms,
                           const std::string& why) {
    Statement update = database_.prepare(
        "UPDATE deliveries SET due_ms = ?, attempts = attempts + 1, error = ? WHERE id = ?");
    for (const Delivery& delivery : deliveries)
        update.reset().bind(again_ms).bind(why).bind(delivery.id).run();
}

uint64_t IncidentStore::waiting() {
    Statement row = database_.prepare("SELECT count(*) FROM deliveries WHERE sent_ms = 0");
    row.step();
    return row.number<uint64_t>(0);
}

}  // namespace ganglion::fleet
