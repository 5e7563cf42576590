#include "fleet/alert/incidents.hpp"

#include <algorithm>
#include <utility>

#include "fleet/alert/incident_scopes.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint64_t kFewestForACause = 3;
constexpr double kShareOfACause = 0.8;
constexpr uint32_t kAllMembers = 1'000'000;

}  // namespace

std::string line_of(const Incident& incident) {
    std::string line =
        std::string(to_string(incident.severity)) + ": " + incident.kind + ", " + incident.scope;
    if (incident.subjects > 1)
        line += ", " + std::to_string(incident.active) + " of " +
                std::to_string(incident.subjects) + " devices";
    if (!incident.cause.empty()) line += " with " + incident.cause;
    return line + ": " + incident.text;
}

Incidents::Incidents(const std::filesystem::path& file, Fleet fleet, IncidentTimes times)
    : fleet_(std::move(fleet)), times_(times), store_(file) {}

void Incidents::tick(int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    const std::string momentary = std::string(kDecisionKind) + "*";
    store_.end_older(momentary, now_ms - times_.hold_ms);
    const std::vector<Channel> channels = store_.channels();
    for (Incident& incident : store_.list(IncidentState::open, kAllMembers)) {
        if (incident.active == 0 && now_ms - incident.changed_ms >= times_.quiet_ms) {
            close(incident, now_ms);
        } else if (now_ms - incident.opened_ms >= times_.gather_ms) {
            name_cause(incident);
            owe_due(incident, channels, now_ms);
        }
    }
    transaction.commit();
}

/// Asked again only when twice as many devices have joined.
void Incidents::name_cause(Incident& incident) {
    uint64_t& asked = asked_[incident.id];
    if (!fleet_ || incident.active < kFewestForACause || incident.active < 2 * asked) return;
    asked = incident.active;
    std::vector<insight::FleetMember> fleet = fleet_();
    if (incident.scope.starts_with(kSite))
        for (insight::FleetMember& member : fleet) member.attributes.erase("site");
    std::vector<insight::Anomaly> anomalies;
    for (const IncidentMember& member : store_.members(incident.id, kAllMembers))
        if (member.active) anomalies.push_back({member.subject, incident.opened_ms});
    for (const insight::CommonCause& cause : insight::find_common_causes(fleet, anomalies)) {
        if (cause.affected < kShareOfACause * static_cast<double>(anomalies.size())) continue;
        incident.cause = cause.attribute + "=" + cause.value;
        store_.write(incident);
        return;
    }
}

bool Incidents::is_silent(const Incident& incident, int64_t now_ms) {
    return std::ranges::any_of(store_.silences(now_ms), [&](const Silence& silence) {
        const bool kind = silence.kind.empty() || silence.kind == incident.kind;
        const bool scope = silence.scope.empty() || silence.scope == incident.scope ||
                           (!incident.site.empty() && incident.scope != kFleet &&
                            silence.scope == kSite + incident.site);
        return kind && scope;
    });
}

void Incidents::owe_due(Incident& incident, const std::vector<Channel>& channels, int64_t now_ms) {
    if (is_silent(incident, now_ms)) return;
    const bool widened = !incident.told_scope.empty() && incident.told_scope != incident.scope;
    const std::string widening = "widened to " + incident.scope;
    bool told = !incident.told_scope.empty();
    for (const Channel& channel : channels) {
        if (incident.severity < channel.least) continue;
        const std::string reason = channel.after_ms == 0 ? "opened" : "escalated";
        if (store_.is_owed(channel.name, incident.id, reason)) {
            if (widened && !store_.is_owed(channel.name, incident.id, widening))
                owe(channel.name, incident, widening, now_ms);
            continue;
        }
        const bool waits = now_ms - incident.opened_ms < channel.after_ms;
        if (channel.after_ms > 0 && (waits || !incident.acknowledged_by.empty())) continue;
        owe(channel.name, incident, reason, now_ms);
        told = true;
    }
    if (!told || incident.told_scope == incident.scope) return;
    incident.told_scope = incident.scope;
    store_.write(incident);
}

void Incidents::owe(const std::string& channel, const Incident& incident, const std::string& reason,
                    int64_t now_ms) {
    Delivery delivery;
    delivery.channel = channel;
    delivery.incident = incident.id;
    delivery.reason = reason;
    delivery.line = line_of(incident);
    delivery.made_ms = delivery.due_ms = now_ms;
    store_.owe(delivery);
}

void Incidents::close(Incident& incident, int64_t now_ms) {
    incident.state = IncidentState::resolved;
    incident.resolved_ms = incident.changed_ms = now_ms;
    asked_.erase(incident.id);
    store_.write(incident);
    for (const std::string& channel : store_.told(incident.id))
        owe(channel, incident, "resolved", now_ms);
}

bool Incidents::acknowledge(int64_t id, const std::string& by, int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    std::optional<Incident> incident = store_.find(id);
    if (!incident || incident->state != IncidentState::open) return false;
    incident->acknowledged_by = by;
    incident->changed_ms = now_ms;
    store_.write(*incident);
    transaction.commit();
    return true;
}

bool Incidents::resolve(int64_t id, const std::string& by, int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    std::optional<Incident> incident = store_.find(id);
    if (!incident || incident->state != IncidentState::open) return false;
    if (incident->acknowledged_by.empty()) incident->acknowledged_by = by;
    close(*incident, now_ms);
    transaction.commit();
    return true;
}

bool Incidents::owe_test(const std::string& channel, int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const std::vector<Channel> channels = store_.channels();
    if (std::ranges::find(channels, channel, &Channel::name) == channels.end()) return false;
    Delivery delivery;
    delivery.channel = channel;
    delivery.reason = "test";
    delivery.line = "a test of the channel " + channel;
    delivery.made_ms = delivery.due_ms = now_ms;
    store_.owe(delivery);
    return true;
}

// What follows only guards the store.

int64_t Incidents::cursor() {
    const std::lock_guard lock(mutex_);
    return store_.cursor();
}
std::vector<Incident> Incidents::list(std::optional<IncidentState> state, uint32_t limit) {
    const std::lock_guard lock(mutex_);
    return store_.list(state, limit);
}
std::optional<Incident> Incidents::find(int64_t id) {
    const std::lock_guard lock(mutex_);
    return store_.find(id);
}
std::vector<IncidentMember> Incidents::members(int64_t id, uint32_t limit) {
    const std::lock_guard lock(mutex_);
    return store_.members(id, limit);
}
std::vector<Delivery> Incidents::deliveries(int64_t id) {
    const std::lock_guard lock(mutex_);
    return store_.deliveries(id);
}
void Incidents::put(const Channel& channel) {
    const std::lock_guard lock(mutex_);
    store_.put(channel);
}
bool Incidents::remove_channel(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    const bool removed = store_.remove_channel(name);
    transaction.commit();
    return removed;
}
std::vector<Channel> Incidents::channels() {
    const std::lock_guard lock(mutex_);
    return store_.channels();
}
int64_t Incidents::add(const Silence& silence) {
    const std::lock_guard lock(mutex_);
    return store_.add(silence);
}
bool Incidents::remove_silence(int64_t id) {
    const std::lock_guard lock(mutex_);
    return store_.remove_silence(id);
}
std::vector<Silence> Incidents::silences(int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    return store_.silences(now_ms);
}
void Incidents::put(const AlarmRule& rule) {
    const std::lock_guard lock(mutex_);
    store_.put(rule);
}
bool Incidents::remove_rule(const std::string& label) {
    const std::lock_guard lock(mutex_);
    return store_.remove_rule(label);
}
std::vector<AlarmRule> Incidents::rules() {
    const std::lock_guard lock(mutex_);
    return store_.rules();
}
std::vector<Delivery> Incidents::due(const std::string& channel, int64_t now_ms, uint32_t limit) {
    const std::lock_guard lock(mutex_);
    return store_.due(channel, now_ms, limit);
}
int64_t Incidents::last_sent_ms(const std::string& channel) {
    const std::lock_guard lock(mutex_);
    return store_.last_sent_ms(channel);
}
void Incidents::sent(const std::vector<Delivery>& deliveries, int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    store_.sent(deliveries, now_ms);
    transaction.commit();
}
void Incidents::failed(const std::vector<Delivery>& deliveries, int64_t again_ms,
                       const std::string& why) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    store_.failed(deliveries, again_ms, why);
    transaction.commit();
}
uint64_t Incidents::waiting() {
    const std::lock_guard lock(mutex_);
    return store_.waiting();
}

}  // namespace ganglion::fleet
