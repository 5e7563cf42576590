#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fleet/rollout/gate.hpp"
#include "fleet/rollout/spec.hpp"
#include "fleet/rollout/target.hpp"
#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

enum class RolloutState : uint8_t {
    running,
    paused,
    rolling_back,
    done,
    rolled_back,
};
std::string_view to_string(RolloutState state);

/// Positions on the circle of devices lie below this.
inline constexpr int64_t kCircle = int64_t{1} << 62;

/// What the fleet knows of a device for updates.
struct KnownDevice {
    int64_t number = 0;
    std::string id;
    int64_t place = 0;  ///< on the circle: by the SHA-256 of its id
    std::string application;
    bool online = false;
    int64_t seen_ms = 0;
    std::string status;  ///< its last update-status, as it came; empty: none
    Observed total;      ///< of all its scores ever reported
};

struct RolloutRow {
    int64_t id = 0;
    RolloutSpec spec;
    RolloutState state = RolloutState::running;
    int64_t created_ms = 0;
    uint32_t stage = 0;
    int64_t stage_ms = 0;    ///< since when
    int64_t settled_ms = 0;  ///< since when all its devices have come to an end; 0: not yet
    int64_t cursor = 0;      ///< position up to which devices were enrolled
    int64_t looked_ms = 0;
    uint32_t looks = 0;
    bool compares = false;  ///< the first canary of this stage has decided: the control counts, too
    std::string why;        ///< of the last decision
};

struct Target {
    int64_t device = 0;
    uint32_t stage = 0;
    TargetState state = TargetState::queued;
    std::string reason;
    int64_t since_ms = 0;
    uint32_t attempts = 0;
};

struct ArmRow {
    int64_t device = 0;
    bool canary = false;
    ArmDevice seen;
};

/// A target as people see it.
struct NamedTarget {
    std::string device;
    Target target;
    bool online = false;
    int64_t seen_ms = 0;
};

struct DecisionRow {
    int64_t id = 0;
    int64_t time_ms = 0;
    std::string kind, text;
    nlohmann::json numbers;
};

/// Devices, rollouts and who is where, in an SQLite file of its own. Every call may throw
/// StoreError. Not for several threads at once.
class RolloutStore {
  public:
    explicit RolloutStore(const std::filesystem::path& file);

    Database& database() { return database_; }

    std::optional<KnownDevice> device(const std::string& id);
    std::optional<KnownDevice> device(int64_t number);
    KnownDevice add_device(const std::string& id);
    void write(const KnownDevice& device);
    /// Places low <= place < high, ascending.
    std::vector<KnownDevice> devices_between(int64_t low, int64_t high, size_t limit);
    /// That run this application and have such ids; empty: any.
    int64_t device_count(const std::string& application, const std::string& pattern);
    /// Nobody is known to be connected; returns how many were.
    int set_all_offline();

    int64_t add_rollout(const RolloutRow& row);
    void write(const RolloutRow& row);
    std::vector<RolloutRow> rollouts();

    std::optional<Target> target(int64_t rollout, int64_t device);
    void write(int64_t rollout, const Target& target);
    /// In this state since before `before_ms`, the longest first.
    std::vector<Target> targets(int64_t rollout, TargetState state, int64_t before_ms,
                                size_t limit);
    std::vector<NamedTarget> named_targets(int64_t rollout, std::optional<TargetState> state,
                                           std::optional<uint32_t> stage, const std::string& after,
                                           size_t limit);
    /// All targets of `from` go to `to`.
    void move_all(int64_t rollout, TargetState from, TargetState to, const std::string& reason,
                  int64_t now_ms);
    void count_targets(int64_t rollout,
                       const std::function<void(uint32_t stage, TargetState, int64_t)>& take);

    void write_arm(int64_t rollout, uint32_t stage, const ArmRow& arm);
    std::vector<ArmRow> arms(int64_t rollout, uint32_t stage);

    void add_decision(int64_t rollout, const DecisionRow& decision);
    std::vector<DecisionRow> decisions(int64_t rollout, size_t limit);  ///< newest first

  private:
    std::vector<Target> read_targets(Statement& statement);

    Database database_;
    Statement device_by_id_, device_by_number_, add_device_, write_device_, devices_between_;
    Statement target_, write_target_, targets_in_state_, write_arm_;
};

}  // namespace ganglion::fleet
