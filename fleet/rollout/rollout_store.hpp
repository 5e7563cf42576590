#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fleet/rollout/rollout_rows.hpp"

namespace ganglion::fleet {

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
    bool has_devices();
    Attributes attributes(int64_t device);
    void write(int64_t device, const Attributes& attributes);
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
    /// All targets of `from` go to `to`.
    void move_all(int64_t rollout, TargetState from, TargetState to, const std::string& reason,
                  int64_t now_ms);
    void count_targets(int64_t rollout,
                       const std::function<void(uint32_t stage, TargetState, int64_t)>& take);

    void write_arm(int64_t rollout, uint32_t stage, const ArmRow& arm);
    std::vector<ArmRow> arms(int64_t rollout, uint32_t stage);

    void add_decision(int64_t rollout, const DecisionRow& decision);

  private:
    std::vector<Target> read_targets(Statement& statement);

    Database database_;
    Statement device_by_id_, device_by_number_, add_device_, write_device_, devices_between_;
    Statement attributes_, forget_attributes_, add_attribute_, target_, write_target_,
        targets_in_state_, write_arm_;
};

}  // namespace ganglion::fleet
