#include "fleet/alert/incidents.hpp"

#include <algorithm>
#include <utility>

namespace ganglion::fleet {
namespace {

constexpr size_t kSitesOfAFleet = 3;
constexpr size_t kDevicesOfAFleet = 5;
constexpr uint64_t kFewestForACause = 3;
constexpr double kShareOfACause = 0.8;
constexpr uint32_t kAllMembers = 1'000'000;
constexpr const char* kFleet = "fleet";
constexpr const char* kSite = "site:";
constexpr const char* kDevice = "device:";

bool starts_with(const std::string& text, std::string_view begin) {
    return text.compare(0, begin.size(), begin) == 0;
}

bool is_device(const Alarm& alarm) {
    return alarm.subject.find(':') == std::string::npos;
}

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

void Incidents::observe(const Observation& observation) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    std::map<std::string, std::vector<const Alarm*>> kinds;
    for (const Alarm& alarm : observation.alarms) kinds[alarm.kind].push_back(&alarm);
    end_absent(observation);
    for (const auto& [kind, alarms] : kinds) raise(kind, alarms, observation.now_ms);
    if (observation.event_id) store_.set_cursor(*observation.event_id);
    transaction.commit();
}

void Incidents::end_absent(const Observation& observation) {
    for (const std::string& kind : observation.looked_for) {
        std::set<std::string> raised;
        for (const Alarm& alarm : observation.alarms)
            if (alarm.kind == kind) raised.insert(alarm.subject);
        std::set<int64_t> changed;
        for (const auto& [subject, incident] : store_.active_subjects(kind)) {
            if (raised.contains(subject)) continue;
            store_.set_active(incident, subject, false, observation.now_ms);
            changed.insert(incident);
        }
        for (const int64_t id : changed) {
            Incident incident = *store_.find(id);
            incident.changed_ms = observation.now_ms;
            store_.write(incident);
        }
    }
}

void Incidents::raise(const std::string& kind, const std::vector<const Alarm*>& alarms,
                      int64_t now_ms) {
    const bool momentary = starts_with(kind, kDecisionKind);
    const std::map<std::string, int64_t> active = store_.active_subjects(kind);
    std::map<std::string, const Alarm*> fresh;  // the newest of each subject
    for (const Alarm* alarm : alarms) {
        const auto known = active.find(alarm->subject);
        if (known == active.end()) {
            fresh[alarm->subject] = alarm;
        } else if (momentary) {
            store_.set_active(known->second, alarm->subject, true, now_ms);
        }
    }
    if (fresh.empty()) return;
    std::vector<const Alarm*> list;
    list.reserve(fresh.size());
    for (const auto& [subject, alarm] : fresh) list.push_back(alarm);
    place(kind, list, now_ms);
    fold_into_fleet(kind, now_ms);
}

void Incidents::place(const std::string& kind, const std::vector<const Alarm*>& fresh,
                      int64_t now_ms) {
    std::map<std::string, Incident> open_scopes;
    for (Incident& incident : store_.open_of(kind)) {
        const std::string scope = incident.scope;
        open_scopes.emplace(scope, std::move(incident));
    }
    std::map<std::string, std::vector<const Alarm*>> loose;  // by site
    std::set<std::string> joined;                            // of the open scopes
    for (const Alarm* alarm : fresh) {
        auto place = open_scopes.end();
        if (is_device(*alarm)) {
            place = open_scopes.find(kFleet);
            if (place == open_scopes.end() && !alarm->site.empty())
                place = open_scopes.find(kSite + alarm->site);
            if (place == open_scopes.end()) place = open_scopes.find(kDevice + alarm->subject);
        } else {
            place = open_scopes.find(alarm->subject);
        }
        if (place != open_scopes.end()) {
            join(place->second, *alarm, now_ms);
            joined.insert(place->first);
        } else if (is_device(*alarm)) {
            loose[alarm->site].push_back(alarm);
        } else {
            open(*alarm, alarm->subject, now_ms);
        }
    }
    for (const std::string& scope : joined) store_.write(open_scopes.at(scope));
    for (const auto& [site, alarms] : loose) place_in_site(kind, site, alarms, now_ms);
}

void Incidents::place_in_site(const std::string& kind, const std::string& site,
                              const std::vector<const Alarm*>& alarms, int64_t now_ms) {
    std::vector<Incident> near;  // devices of the site that failed a moment ago
    for (Incident& incident : store_.open_of(kind)) {
        if (!site.empty() && incident.site == site && starts_with(incident.scope, kDevice) &&
            incident.opened_ms >= now_ms - times_.together_ms)
            near.push_back(std::move(incident));
    }
    const bool together =
        site.empty() ? alarms.size() >= kDevicesOfAFleet : near.size() + alarms.size() > 1;
    if (!together) {
        for (const Alarm* alarm : alarms) open(*alarm, kDevice + alarm->subject, now_ms);
        return;
    }
    const std::string scope = site.empty() ? kFleet : kSite + site;
    Incident incident = near.empty() ? open(*alarms.front(), scope, now_ms) : near.front();
    incident.scope = scope;
    for (size_t i = 1; i < near.size(); ++i) take_in(incident, near[i], now_ms);
    for (const Alarm* alarm : alarms) join(incident, *alarm, now_ms);
    store_.write(incident);
}

/// Incidents of one kind in many places that began together are one.
void Incidents::fold_into_fleet(const std::string& kind, int64_t now_ms) {
    std::vector<Incident> recent;
    std::set<std::string> sites;
    for (Incident& incident : store_.open_of(kind)) {
        if (incident.scope == kFleet) {
            recent.insert(recent.begin(), std::move(incident));
            continue;
        }
        const bool grows =
            starts_with(incident.scope, kDevice) || starts_with(incident.scope, kSite);
        if (!grows || incident.opened_ms < now_ms - times_.together_ms) continue;
        if (!incident.site.empty()) sites.insert(incident.site);
        recent.push_back(std::move(incident));
    }
    if (recent.size() < 2) return;
    const bool wide = recent.front().scope == kFleet || sites.size() >= kSitesOfAFleet ||
                      recent.size() >= kDevicesOfAFleet;
    if (!wide) return;
    Incident survivor = recent.front();
    survivor.scope = kFleet;
    for (size_t i = 1; i < recent.size(); ++i) take_in(survivor, recent[i], now_ms);
    store_.write(survivor);
}

Incident Incidents::open(const Alarm& alarm, const std::string& scope, int64_t now_ms) {
    Incident incident;
    incident.kind = alarm.kind;
    incident.scope = scope;
    incident.site = alarm.site;
    incident.severity = alarm.severity;
    incident.opened_ms = incident.changed_ms = now_ms;
    incident.text = alarm.text;
    incident.id = store_.add(incident);
    join(incident, alarm, now_ms);
    return incident;
}

/// The incident is the caller's to write: thousands may join it at once.
void Incidents::join(Incident& incident, const Alarm& alarm, int64_t now_ms) {
    store_.add_member(incident.id, {alarm.subject, alarm.time_ms, now_ms, true, alarm.text});
    incident.severity = std::max(incident.severity, alarm.severity);
    incident.changed_ms = now_ms;
}

void Incidents::take_in(Incident& incident, const Incident& other, int64_t now_ms) {
    store_.merge(other.id, incident.id);
    incident.severity = std::max(incident.severity, other.severity);
    incident.changed_ms = now_ms;
    if (incident.told_scope.empty()) incident.told_scope = other.told_scope;
    store_.write(incident);
}

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
    if (starts_with(incident.scope, kSite))
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
