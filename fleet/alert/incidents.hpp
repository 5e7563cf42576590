#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fleet/alert/incident_store.hpp"
#include "fleet/insight/common_cause.hpp"

namespace ganglion::fleet {

/// What one look at the fleet has found.
struct Observation {
    int64_t now_ms = 0;
    std::vector<Alarm> alarms;
    /// Kinds of lasting alarms that were looked for: what is not among `alarms` any more is over.
    std::set<std::string> looked_for;
    /// The fleet's events up to this one are part of it.
    std::optional<int64_t> event_id;
};

struct IncidentTimes {
    int64_t gather_ms = 10'000;  ///< before the first message, so that what belongs together meets
    int64_t together_ms = 600'000;  ///< incidents of one kind that began within it may be one
    int64_t quiet_ms = 60'000;      ///< nothing active for so long: resolved
    int64_t hold_ms = 3'600'000;    ///< an alarm that does not last is over after it
};

/// Alarms become incidents, incidents become messages.
///
/// Grouping: an alarm joins the open incident of its kind that covers the device (the fleet's, its
/// site's, its own). Two devices of a site make a site's incident, three sites or five devices the
/// fleet's, where they began together; the incident that was first takes the others in. Ten
/// thousand devices that fail at once are one incident, before anybody is told.
///
/// Messages: each channel hears of an incident once when it opens (or, for a channel with a delay,
/// when nobody has acknowledged it in time), when it widens and when it is resolved, unless a
/// silence matches. What is owed is stored in the transaction that decided it; the courier sends
/// it. Safe to call from several threads.
class Incidents {
  public:
    /// The fleet's members, to name what an incident's devices have in common.
    using Fleet = std::function<std::vector<insight::FleetMember>()>;

    Incidents(const std::filesystem::path& file, Fleet fleet, IncidentTimes times = {});

    /// All of it or none, with the cursor; what survives a kill was decided once.
    void observe(const Observation& observation);
    /// Resolves what is over and owes what is due.
    void tick(int64_t now_ms);
    int64_t cursor();

    std::vector<Incident> list(std::optional<IncidentState> state, uint32_t limit);
    std::optional<Incident> find(int64_t id);
    std::vector<IncidentMember> members(int64_t id, uint32_t limit);
    std::vector<Delivery> deliveries(int64_t id);
    /// Stops escalation. False where there is no such open incident.
    bool acknowledge(int64_t id, const std::string& by, int64_t now_ms);
    bool resolve(int64_t id, const std::string& by, int64_t now_ms);

    void put(const Channel& channel);
    bool remove_channel(const std::string& name);
    std::vector<Channel> channels();
    /// A message that says nothing but that the channel works. False where there is none.
    bool owe_test(const std::string& channel, int64_t now_ms);
    int64_t add(const Silence& silence);
    bool remove_silence(int64_t id);
    std::vector<Silence> silences(int64_t now_ms);
    void put(const AlarmRule& rule);
    bool remove_rule(const std::string& label);
    std::vector<AlarmRule> rules();

    // For the courier.
    std::vector<Delivery> due(const std::string& channel, int64_t now_ms, uint32_t limit);
    int64_t last_sent_ms(const std::string& channel);
    void sent(const std::vector<Delivery>& deliveries, int64_t now_ms);
    void failed(const std::vector<Delivery>& deliveries, int64_t again_ms, const std::string& why);
    uint64_t waiting();

  private:
    void raise(const std::string& kind, const std::vector<const Alarm*>& alarms, int64_t now_ms);
    void end_absent(const Observation& observation);
    void place(const std::string& kind, const std::vector<const Alarm*>& fresh, int64_t now_ms);
    void place_in_site(const std::string& kind, const std::string& site,
                       const std::vector<const Alarm*>& alarms, int64_t now_ms);
    void fold_into_fleet(const std::string& kind, int64_t now_ms);
    void name_cause(Incident& incident);
    Incident open(const Alarm& alarm, const std::string& scope, int64_t now_ms);
    void take_in(Incident& incident, const Incident& other, int64_t now_ms);
    void join(Incident& incident, const Alarm& alarm, int64_t now_ms);
    void owe_due(Incident& incident, const std::vector<Channel>& channels, int64_t now_ms);
    void owe(const std::string& channel, const Incident& incident, const std::string& reason,
             int64_t now_ms);
    void close(Incident& incident, int64_t now_ms);
    bool is_silent(const Incident& incident, int64_t now_ms);

    Fleet fleet_;
    IncidentTimes times_;
    std::mutex mutex_;
    IncidentStore store_;
    std::map<int64_t, uint64_t>
        asked_;  ///< how many devices an incident had when asked for its cause
};

/// "device:pump-7 fault: sensor stuck (3 of 5 devices, batch=B7)"
std::string line_of(const Incident& incident);

}  // namespace ganglion::fleet
