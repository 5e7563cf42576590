#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "device/update/messages.hpp"
#include "fleet/release/release.hpp"

namespace ganglion::fleet {

/// Where a device is in a rollout.
enum class TargetState : uint8_t {
    queued,        ///< its turn comes
    offline,       ///< not connected: its turn comes when it is back
    blocked,       ///< it lacks a dependency, or puts the update off itself
    offered,       ///< it has been told
    downloading,   ///< it fetches pieces
    installing,    ///< firmware: it starts anew
    trial,         ///< the new one runs, not trusted yet
    done,          ///< the new one is trusted
    failed,        ///< refused, not proved, damaged, no answer: it runs what it had
    unhealthy,     ///< it found the new one unhealthy and went back
    skipped,       ///< it had this one or a newer one already
    left,          ///< the rollout ended before its turn
    undo_queued,   ///< it shall go back
    undo_offline,  ///< it shall go back when it is back
    undo_offered,  ///< it has been told to go back
    undoing,       ///< it fetches and tries what it had before
    undone,        ///< it runs what it had before
    undo_failed,   ///< it did not go back
};
inline constexpr size_t kTargetStates = 18;

std::string_view to_string(TargetState state);
std::optional<TargetState> target_state_of(std::string_view name);

/// It will not change by itself any more.
bool is_settled(TargetState state);
/// On its way to go back, or done with it.
bool is_undo(TargetState state);

struct Progress {
    TargetState state;
    std::string reason;  ///< in a few words; empty where the state says it all
};

/// Where a device is that shall take this release, by its own word; nothing where it has not begun.
std::optional<Progress> forward_progress(const Release& release,
                                         const update::UpdateStatus& status);

/// Where a device is that shall leave it again.
std::optional<Progress> undo_progress(const Release& release, const update::UpdateStatus& status);

/// What the device lacks of the release's dependencies; empty: nothing.
std::string unmet_dependency(const Release& release, const update::UpdateStatus& status);

}  // namespace ganglion::fleet
