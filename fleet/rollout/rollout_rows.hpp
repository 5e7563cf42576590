#pragma once

#include <filesystem>
#include <map>
#include <string>

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

/// The file with all of these, made where it is absent. Throws StoreError.
Database open_rollouts(const std::filesystem::path& file);

std::string packed(const Observed& observed);
Observed unpacked(std::string_view bytes);

/// Columns of a device and of a target, as device_row() and target_row() read them.
inline constexpr const char* kDeviceColumns =
    "SELECT number, id, place, application, online, seen_ms, status, total FROM devices ";
inline constexpr const char* kTargetColumns =
    "SELECT device, stage, state, reason, since_ms, attempts FROM targets ";
KnownDevice device_row(const Statement& row);
Target target_row(const Statement& row);

}  // namespace ganglion::fleet
