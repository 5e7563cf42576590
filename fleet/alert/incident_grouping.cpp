// How alarms become incidents.
#include <algorithm>
#include <utility>

#include "fleet/alert/incident_scopes.hpp"
#include "fleet/alert/incidents.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kSitesOfAFleet = 3;
constexpr size_t kDevicesOfAFleet = 5;

bool is_device(const Alarm& alarm) {
    return alarm.subject.find(':') == std::string::npos;
}

}  // namespace

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
    const bool momentary = kind.starts_with(kDecisionKind);
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
        if (!site.empty() && incident.site == site && incident.scope.starts_with(kDevice) &&
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
        const bool grows = incident.scope.starts_with(kDevice) || incident.scope.starts_with(kSite);
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

}  // namespace ganglion::fleet
