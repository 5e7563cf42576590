#include "fleet/alert/incident_store.hpp"

#include <array>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int64_t kSchemaVersion = 1;

constexpr const char* schema = R"sql(
CREATE TABLE cursor (event_id INTEGER NOT NULL);
INSERT INTO cursor VALUES (-1);
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    site TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    resolved_ms INTEGER NOT NULL DEFAULT 0,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    told_scope TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    cause TEXT NOT NULL DEFAULT ''
);
CREATE INDEX incidents_by_state ON incidents (state, kind);
CREATE TABLE members (
    incident INTEGER NOT NULL,
    subject TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    active INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (incident, subject)
) WITHOUT ROWID;
CREATE TABLE channels (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    recipients TEXT NOT NULL,
    sender TEXT NOT NULL,
    user TEXT NOT NULL,
    secret TEXT NOT NULL,
    least INTEGER NOT NULL,
    after_ms INTEGER NOT NULL
);
CREATE TABLE silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    operator TEXT NOT NULL
);
CREATE TABLE rules (label TEXT PRIMARY KEY, severity INTEGER NOT NULL);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    incident INTEGER NOT NULL,
    reason TEXT NOT NULL,
    line TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    sent_ms INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_of_incident ON deliveries (incident);
CREATE INDEX deliveries_of_channel ON deliveries (channel, sent_ms, due_ms);
)sql";

constexpr const char* incident_columns =
    "SELECT id, kind, scope, severity, state, opened_ms, changed_ms, resolved_ms, acknowledged_by, "
    "text, cause, site, told_scope, (SELECT count(*) FROM members WHERE incident = id), "
    "(SELECT count(*) FROM members WHERE incident = id AND active <> 0) FROM incidents ";

Incident incident_of(const Statement& row) {
    Incident incident;
    incident.id = row.integer(0);
    incident.kind = row.text(1);
    incident.scope = row.text(2);
    incident.severity = static_cast<Severity>(row.integer(3));
    incident.state = static_cast<IncidentState>(row.integer(4));
    incident.opened_ms = row.integer(5);
    incident.changed_ms = row.integer(6);
    incident.resolved_ms = row.integer(7);
    incident.acknowledged_by = row.text(8);
    incident.text = row.text(9);
    incident.cause = row.text(10);
    incident.site = row.text(11);
    incident.told_scope = row.text(12);
    incident.subjects = row.number<uint64_t>(13);
    incident.active = row.number<uint64_t>(14);
    return incident;
}

constexpr std::array<const char*, 3> severity_names{"info", "warning", "critical"};

Database opened(const std::filesystem::path& file) {
    Database database(file);
    database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    Transaction transaction(database);
    Statement version = database.prepare("PRAGMA user_version");
    version.step();
    const int64_t found = version.integer(0);
    version.reset();
    if (found > kSchemaVersion)
        throw StoreError(file.string() + ": made by a later version of ganglion");
    if (found < kSchemaVersion) {
        database.run(schema);
        database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    }
    transaction.commit();
    return database;
}

}  // namespace

const char* to_string(Severity severity) {
    return severity_names.at(static_cast<size_t>(severity));
}

std::optional<Severity> severity_of(std::string_view name) {
    for (size_t i = 0; i < severity_names.size(); ++i)
        if (name == severity_names[i]) return static_cast<Severity>(i);
    return std::nullopt;
}

IncidentStore::IncidentStore(const std::filesystem::path& file)
    : database_(opened(file)),
      add_member_(database_.prepare(
          "INSERT INTO members (incident, subject, since_ms, last_ms, active, text) VALUES "
          "(?,?,?,?,1,?) ON CONFLICT (incident, subject) DO UPDATE SET last_ms = "
          "excluded.last_ms, active = 1, text = excluded.text")),
      set_active_(database_.prepare(
          "UPDATE members SET active = ?, last_ms = ? WHERE incident = ? AND subject = ?")) {}

int64_t IncidentStore::cursor() {
    Statement row = database_.prepare("SELECT event_id FROM cursor");
    row.step();
    return row.integer(0);
}

void IncidentStore::set_cursor(int64_t event_id) {
    database_.prepare("UPDATE cursor SET event_id = ?").bind(event_id).run();
}

int64_t IncidentStore::add(const Incident& incident) {
    database_
        .prepare(
            "INSERT INTO incidents (kind, scope, site, severity, state, opened_ms, changed_ms, "
            "text) VALUES (?,?,?,?,?,?,?,?)")
        .bind(incident.kind)
        .bind(incident.scope)
        .bind(incident.site)
        .bind(static_cast<int64_t>(incident.severity))
        .bind(static_cast<int64_t>(incident.state))
        .bind(incident.opened_ms)
        .bind(incident.changed_ms)
        .bind(incident.text)
        .run();
    return database_.last_insert_id();
}

void IncidentStore::write(const Incident& incident) {
    database_
        .prepare(
            "UPDATE incidents SET scope = ?, severity = ?, state = ?, changed_ms = ?, "
            "resolved_ms = ?, acknowledged_by = ?, text = ?, cause = ?, told_scope = ? WHERE "
            "id = ?")
        .bind(incident.scope)
        .bind(static_cast<int64_t>(incident.severity))
        .bind(static_cast<int64_t>(incident.state))
        .bind(incident.changed_ms)
        .bind(incident.resolved_ms)
        .bind(incident.acknowledged_by)
        .bind(incident.text)
        .bind(incident.cause)
        .bind(incident.told_scope)
        .bind(incident.id)
        .run();
}

std::optional<Incident> IncidentStore::find(int64_t id) {
    Statement row = database_.prepare(std::string(incident_columns) + "WHERE id = ?");
    if (!row.bind(id).step()) return std::nullopt;
    return incident_of(row);
}

std::vector<Incident> IncidentStore::list(std::optional<IncidentState> state, uint32_t limit) {
    Statement row =
        database_.prepare(std::string(incident_columns) +
                          "WHERE ?1 IS NULL OR state = ?1 ORDER BY changed_ms DESC LIMIT ?2");
    row.bind_optional(state ? std::optional<int64_t>(static_cast<int64_t>(*state)) : std::nullopt)
        .bind(limit);
    std::vector<Incident> incidents;
    while (row.step()) incidents.push_back(incident_of(row));
    return incidents;
}

std::vector<Incident> IncidentStore::open_of(const std::string& kind) {
    Statement row = database_.prepare(std::string(incident_columns) +
                                      "WHERE state = 0 AND kind = ? ORDER BY opened_ms, id");
    row.bind(kind);
    std::vector<Incident> incidents;
    while (row.step()) incidents.push_back(incident_of(row));
    return incidents;
}

void IncidentStore::add_member(int64_t incident, const IncidentMember& member) {
    add_member_.reset()
        .bind(incident)
        .bind(member.subject)
        .bind(member.since_ms)
        .bind(member.last_ms)
        .bind(member.text)
        .run();
}

void IncidentStore::merge(int64_t from, int64_t into) {
    for (const char* sql : {"UPDATE OR REPLACE members SET incident = ? WHERE incident = ?",
                            "UPDATE deliveries SET incident = ? WHERE incident = ?"})
        database_.prepare(sql).bind(into).bind(from).run();
    database_.prepare("DELETE FROM incidents WHERE id = ?").bind(from).run();
}

std::vector<IncidentMember> IncidentStore::members(int64_t incident, uint32_t limit) {
    Statement row = database_.prepare(
        "SELECT subject, since_ms, last_ms, active, text FROM members WHERE incident = ? ORDER BY "
        "active DESC, subject LIMIT ?");
    row.bind(incident).bind(limit);
    std::vector<IncidentMember> members;
    while (row.step()) {
        members.push_back(
            {row.text(0), row.integer(1), row.integer(2), row.integer(3) != 0, row.text(4)});
    }
    return members;
}

std::map<std::string, int64_t> IncidentStore::active_subjects(const std::string& kind) {
    Statement row = database_.prepare(
        "SELECT subject, incident FROM members JOIN incidents ON id = incident WHERE state = 0 AND "
        "kind = ? AND active <> 0");
    row.bind(kind);
    std::map<std::string, int64_t> subjects;
    while (row.step()) subjects[row.text(0)] = row.integer(1);
    return subjects;
}

void IncidentStore::set_active(int64_t incident, const std::string& subject, bool active,
                               int64_t now_ms) {
    set_active_.reset().bind(active ? 1 : 0).bind(now_ms).bind(incident).bind(subject).run();
}

std::vector<int64_t> IncidentStore::end_older(const std::string& kind_pattern, int64_t than_ms) {
    Statement row = database_.prepare(
        "UPDATE members SET active = 0 WHERE active <> 0 AND last_ms < ? AND incident IN (SELECT "
        "id FROM incidents WHERE state = 0 AND kind GLOB ?) RETURNING incident");
    row.bind(than_ms).bind(kind_pattern);
    std::vector<int64_t> incidents;
    while (row.step()) incidents.push_back(row.integer(0));
    return incidents;
}

void IncidentStore::put(const Channel& channel) {
    database_
        .prepare(
            "REPLACE INTO channels (name, kind, url, recipients, sender, user, secret, least, "
            "after_ms) VALUES (?,?,?,?,?,?,?,?,?)")
        .bind(channel.name)
        .bind(channel.kind)
        .bind(channel.url)
        .bind(channel.to)
        .bind(channel.sender)
        .bind(channel.user)
        .bind(channel.secret)
        .bind(static_cast<int64_t>(channel.least))
        .bind(channel.after_ms)
        .run();
}

bool IncidentStore::remove_channel(const std::string& name) {
    database_.prepare("DELETE FROM deliveries WHERE channel = ? AND sent_ms = 0").bind(name).run();
    return database_.prepare("DELETE FROM channels WHERE name = ?").bind(name).run() > 0;
}

std::vector<Channel> IncidentStore::channels() {
    Statement row = database_.prepare(
        "SELECT name, kind, url, recipients, sender, user, secret, least, after_ms FROM channels "
        "ORDER BY name");
    std::vector<Channel> channels;
    while (row.step()) {
        channels.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
                            row.text(5), row.text(6), static_cast<Severity>(row.integer(7)),
                            row.integer(8)});
    }
    return channels;
}

int64_t IncidentStore::add(const Silence& silence) {
    database_
        .prepare(
            "INSERT INTO silences (kind, scope, until_ms, reason, operator) VALUES (?,?,?,?,?)")
        .bind(silence.kind)
        .bind(silence.scope)
        .bind(silence.until_ms)
        .bind(silence.reason)
        .bind(silence.by)
        .run();
    return database_.last_insert_id();
}

bool IncidentStore::remove_silence(int64_t id) {
    return database_.prepare("DELETE FROM silences WHERE id = ?").bind(id).run() > 0;
}

std::vector<Silence> IncidentStore::silences(int64_t now_ms) {
    Statement row = database_.prepare(
        "SELECT id, kind, scope, until_ms, reason, operator FROM silences WHERE until_ms > ? ORDER "
        "BY until_ms");
    row.bind(now_ms);
    std::vector<Silence> silences;
    while (row.step()) {
        silences.push_back(
            {row.integer(0), row.text(1), row.text(2), row.integer(3), row.text(4), row.text(5)});
    }
    return silences;
}

void IncidentStore::put(const AlarmRule& rule) {
    database_.prepare("REPLACE INTO rules (label, severity) VALUES (?,?)")
        .bind(rule.label)
        .bind(static_cast<int64_t>(rule.severity))
        .run();
}

bool IncidentStore::remove_rule(const std::string& label) {
    return database_.prepare("DELETE FROM rules WHERE label = ?").bind(label).run() > 0;
}

std::vector<AlarmRule> IncidentStore::rules() {
    Statement row = database_.prepare("SELECT label, severity FROM rules ORDER BY label");
    std::vector<AlarmRule> rules;
    while (row.step()) rules.push_back({row.text(0), static_cast<Severity>(row.integer(1))});
    return rules;
}

}  // namespace ganglion::fleet
