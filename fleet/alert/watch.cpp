#include "fleet/alert/watch.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "fleet/insight/fleet_insight.hpp"

namespace ganglion::fleet {
namespace {

constexpr uint32_t kPage = 5000;
constexpr uint8_t kDecision = 0;
constexpr const char* kOffline = "offline";
constexpr const char* kFault = "fault";
constexpr const char* kServer = "server";

std::string age(int64_t ms) {
    const int64_t minutes = ms / 60'000;
    if (minutes < 120) return fmt::format("{} minutes", minutes);
    if (minutes < 48 * 60) return fmt::format("{} hours", minutes / 60);
    return fmt::format("{} days", minutes / 1440);
}

}  // namespace

Watch::Watch(Store& store, Incidents& incidents, Health health, Breaches breaches,
             WatchLimits limits)
    : store_(store),
      incidents_(incidents),
      health_(std::move(health)),
      breaches_(std::move(breaches)),
      limits_(limits) {
    if (incidents_.cursor() >= 0) return;
    EventQuery newest;
    newest.limit = 1;
    const auto events = store_.events(newest);
    Observation begin;
    begin.event_id = events.empty() ? 0 : events.back().id;
    incidents_.observe(begin);
}

void Watch::add_sites(std::vector<Alarm>& alarms) {
    if (alarms.empty()) return;
    const std::map<std::string, Attributes> attributes = store_.attributes();
    for (Alarm& alarm : alarms) {
        const auto device = attributes.find(alarm.subject);
        if (device == attributes.end()) continue;
        const auto site = device->second.find("site");
        if (site != device->second.end()) alarm.site = site->second;
    }
}

bool Watch::look_at_events(int64_t now_ms) {
    EventQuery query;
    query.after = incidents_.cursor();
    query.limit = kPage;
    const std::vector<StoredEvent> events = store_.events(query);
    if (events.empty()) return true;
    std::map<std::string, Severity> rules;
    for (const AlarmRule& rule : incidents_.rules()) rules[rule.label] = rule.severity;
    Observation seen;
    seen.now_ms = now_ms;
    seen.event_id = events.back().id;
    for (const StoredEvent& stored : events) {
        const auto rule = rules.find(stored.event.label);
        if (stored.event.kind != kDecision || rule == rules.end()) continue;
        Alarm alarm;
        alarm.kind = std::string(kDecisionKind) + stored.event.label;
        alarm.subject = stored.device;
        alarm.severity = rule->second;
        alarm.text = fmt::format("{} decided {} at {} permille", stored.device, stored.event.label,
                                 stored.event.score_permille);
        alarm.time_ms = stored.time_ms;
        seen.alarms.push_back(std::move(alarm));
    }
    add_sites(seen.alarms);
    incidents_.observe(seen);
    return events.size() < kPage;
}

void Watch::look_at_devices(int64_t now_ms) {
    Observation seen;
    seen.now_ms = now_ms;
    seen.looked_for = {kOffline, kFault, kServer};
    for (const TroubledDevice& row : store_.troubled(now_ms - limits_.offline_after_ms)) {
        if (!row.fault.empty()) {
            seen.alarms.push_back({kFault, row.id, "", Severity::critical,
                                   row.id + " does not decide: " + row.fault, now_ms});
        }
        const int64_t silent_ms = now_ms - row.last_seen_ms;
        if (!row.online && row.last_seen_ms > 0 && silent_ms > limits_.offline_after_ms) {
            seen.alarms.push_back({kOffline, row.id, "", Severity::warning,
                                   row.id + " was not heard for " + age(silent_ms),
                                   row.last_seen_ms});
        }
    }
    add_sites(seen.alarms);
    if (const auto fault = health_ ? health_() : std::nullopt) {
        seen.alarms.push_back({kServer, "server:this", "", Severity::critical,
                               "the fleet server: " + *fault, now_ms});
    }
    incidents_.observe(seen);
}

void Watch::look_at_insight(int64_t now_ms) {
    insight::InsightQuery query;
    query.now_ms = now_ms;
    const insight::FleetInsight found = insight::look_at_fleet(store_, query);
    Observation seen;
    seen.now_ms = now_ms;
    seen.looked_for = {"insight rising", "insight unlike", "insight site", "insight cause",
                       "insight version"};
    const auto add = [&](const char* kind, std::string subject, std::string text) {
        seen.alarms.push_back(
            {kind, std::move(subject), "", Severity::warning, std::move(text), now_ms});
    };
    for (const auto& one : found.rising) {
        if (one.steps_left.expected > limits_.days_to_threshold) continue;
        add("insight rising", one.device,
            fmt::format("{} reaches {:.0f} permille in {:.0f} days", one.device, query.threshold,
                        one.steps_left.expected));
    }
    for (const auto& one : found.peers.devices)
        add("insight unlike", one.device, one.device + " does what its peers do not");
    for (const auto& one : found.peers.sites) {
        add("insight site", "site:" + one.site,
            fmt::format("{:.0f} % of the devices of {} move alike", 100 * one.sharing, one.site));
    }
    for (const auto& one : found.causes) {
        add("insight cause", one.attribute + ":" + one.value,
            fmt::format("decisions on {} of {} devices with {} {}, {} elsewhere", one.affected,
                        one.members, one.attribute, one.value, one.elsewhere));
    }
    for (const auto& one : found.versions) {
        if (!one.drifted && !one.alerts_differ) continue;
        add("insight version", "version:" + one.version,
            "version " + one.version +
                (one.drifted ? ": its scores have drifted"
                             : ": its alerts are unlike the others'"));
    }
    if (breaches_) {
        seen.looked_for.insert("privacy");
        for (Alarm& alarm : breaches_(now_ms)) seen.alarms.push_back(std::move(alarm));
    }
    add_sites(seen.alarms);
    incidents_.observe(seen);
}

}  // namespace ganglion::fleet
