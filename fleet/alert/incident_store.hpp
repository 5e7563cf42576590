#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/alert/records.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Incidents, their members, channels, silences, rules and the queue of deliveries in an SQLite
/// file of their own. Not for several threads at once; the caller holds transactions.
class IncidentStore {
  public:
    explicit IncidentStore(const std::filesystem::path& file);

    Database& database() { return database_; }

    /// Up to where the fleet's events were looked at; -1: never.
    int64_t cursor();
    void set_cursor(int64_t event_id);

    int64_t add(const Incident& incident);
    /// Writes all but the counts of members, which are the members' own.
    void write(const Incident& incident);
    /// With fresh counts of members.
    std::optional<Incident> find(int64_t id);
    /// Newest first.
    std::vector<Incident> list(std::optional<IncidentState> state, uint32_t limit);
    std::vector<Incident> open_of(const std::string& kind);

    void add_member(int64_t incident, const IncidentMember& member);
    /// Moves members into another incident and forgets the emptied one.
    void merge(int64_t from, int64_t into);
    std::vector<IncidentMember> members(int64_t incident, uint32_t limit);
    /// Open incident of each subject that has an active alarm of this kind.
    std::map<std::string, int64_t> active_subjects(const std::string& kind);
    void set_active(int64_t incident, const std::string& subject, bool active, int64_t now_ms);
    /// Ends what was not raised since, of open incidents whose kind matches (GLOB); the incidents.
    std::vector<int64_t> end_older(const std::string& kind_pattern, int64_t than_ms);

    void put(const Channel& channel);
    bool remove_channel(const std::string& name);
    std::vector<Channel> channels();
    int64_t add(const Silence& silence);
    bool remove_silence(int64_t id);
    std::vector<Silence> silences(int64_t now_ms);
    void put(const AlarmRule& rule);
    bool remove_rule(const std::string& label);
    std::vector<AlarmRule> rules();

    void owe(const Delivery& delivery);
    bool is_owed(const std::string& channel, int64_t incident, const std::string& reason);
    /// Channels that were or will be told of it.
    std::vector<std::string> told(int64_t incident);
    std::vector<Delivery> deliveries(int64_t incident);
    /// Not sent and due, oldest first.
    std::vector<Delivery> due(const std::string& channel, int64_t now_ms, uint32_t limit);
    int64_t last_sent_ms(const std::string& channel);
    void sent(const std::vector<Delivery>& deliveries, int64_t now_ms);
    void failed(const std::vector<Delivery>& deliveries, int64_t again_ms, const std::string& why);
    uint64_t waiting();

  private:
    Database database_;
    Statement add_member_, set_active_;
};

}  // namespace ganglion::fleet
