#include "fleet/rollout/target.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace ganglion::fleet {
namespace {

using update::Ended;
using update::Phase;
using update::UpdateStatus;

constexpr std::array<std::string_view, kTargetStates> kNames = {
    "queued",      "offline",      "blocked",      "offered",   "downloading", "installing",
    "trial",       "done",         "failed",       "unhealthy", "skipped",     "left",
    "undo_queued", "undo_offline", "undo_offered", "undoing",   "undone",      "undo_failed"};

std::string reason_of(Ended ended) {
    switch (ended) {
        case Ended::none:
            return "ended without a reason";
        case Ended::proof_failed:
            return "did not reproduce its proof on this device within the RAM and instructions it "
                   "states";
        case Ended::not_confirmed:
            return "started again and again without being confirmed";
        case Ended::unhealthy:
            return "unhealthy by the release's rule";
        case Ended::damaged:
            return "damaged in the device's flash";
        case Ended::worn_out:
            return "the device's flash is worn out";
        case Ended::undone:
            return "left because the fleet asked for it";
    }
    return "unknown";
}

const UpdateStatus::Part& part_of(const Release& release, const UpdateStatus& status) {
    return status.parts[static_cast<size_t>(release.component)];
}

bool fetches(const UpdateStatus& status, uint32_t sequence, update::Component component) {
    return status.transfer && status.transfer->sequence == sequence &&
           status.transfer->component == component;
}

std::optional<Progress> refused(const UpdateStatus& status, uint32_t sequence, TargetState as) {
    if (!status.refusal || status.refusal->sequence != sequence) return std::nullopt;
    const std::string why(status.refusal->why);
    if (why == to_string(Status::full)) {
        // For as long as it is so.
        if (std::ranges::all_of(status.parts,
                                [](const auto& part) { return part.phase == Phase::confirmed; }))
            return std::nullopt;
        return Progress{TargetState::blocked, "another update is on trial"};
    }
    if (why == to_string(Status::unmet)) return Progress{TargetState::blocked, "refused: " + why};
    return Progress{as, "refused: " + why};
}

}  // namespace

std::string_view to_string(TargetState state) {
    return kNames[static_cast<size_t>(state)];
}

std::optional<TargetState> target_state_of(std::string_view name) {
    const auto found = std::ranges::find(kNames, name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<TargetState>(found - kNames.begin());
}

bool is_settled(TargetState state) {
    switch (state) {
        case TargetState::done:
        case TargetState::failed:
        case TargetState::unhealthy:
        case TargetState::skipped:
        case TargetState::left:
        case TargetState::undone:
        case TargetState::undo_failed:
            return true;
        default:
            return false;
    }
}

bool is_undo(TargetState state) {
    return state >= TargetState::undo_queued;
}

std::optional<Progress> forward_progress(const Release& release, const UpdateStatus& status) {
    const UpdateStatus::Part& part = part_of(release, status);
    const uint32_t sequence = release.sequence;
    if (part.floor > sequence || part.confirmed > sequence)
        return Progress{TargetState::skipped,
                        fmt::format("has {} (sequence {})", version_text(part.version),
                                    std::max(part.floor, part.confirmed))};
    if (part.confirmed == sequence && part.phase == Phase::confirmed)
        return Progress{TargetState::done, ""};
    if (part.floor == sequence) {
        if (part.phase == Phase::trial) return Progress{TargetState::trial, ""};
        if (part.phase != Phase::confirmed) return Progress{TargetState::installing, ""};
        return Progress{
            part.ended == Ended::unhealthy ? TargetState::unhealthy : TargetState::failed,
            reason_of(part.ended)};
    }
    if (fetches(status, sequence, release.component)) {
        if (!status.deferred.empty())
            return Progress{TargetState::blocked, "puts it off: " + std::string(status.deferred)};
        return Progress{
            TargetState::downloading,
            fmt::format("piece {} of {}", status.transfer->next, status.transfer->pieces)};
    }
    return refused(status, sequence, TargetState::failed);
}

std::optional<Progress> undo_progress(const Release& release, const UpdateStatus& status) {
    const UpdateStatus::Part& part = part_of(release, status);
    const uint32_t back = release.back_sequence;
    const bool calm = part.phase == Phase::confirmed;
    if (back != 0 && part.confirmed == back && calm) return Progress{TargetState::undone, ""};
    if (part.confirmed > release.sequence && part.confirmed != back)
        return Progress{TargetState::undone, "has a later release"};
    if (part.confirmed < release.sequence && calm &&
        !fetches(status, release.sequence, release.component))
        return Progress{TargetState::undone,
                        part.floor == release.sequence ? reason_of(part.ended) : "had not begun"};
    if (back == 0) return std::nullopt;
    if (part.floor == back && calm && part.confirmed == release.sequence)
        return Progress{TargetState::undo_failed, reason_of(part.ended)};
    if (part.floor == back || fetches(status, back, release.component))
        return Progress{TargetState::undoing, ""};
    if (auto progress = refused(status, back, TargetState::undo_failed);
        progress && progress->state == TargetState::undo_failed)
        return progress;
    return std::nullopt;
}

std::string unmet_dependency(const Release& release, const UpdateStatus& status) {
    for (const update::Dependency& needed : release.dependencies) {
        const auto& has = status.parts[static_cast<size_t>(needed.component)].version;
        if (has < needed.at_least)
            return fmt::format(
                "needs {} {}, has {}",
                needed.component == update::Component::bundle ? "bundle" : "firmware",
                version_text(needed.at_least), version_text(has));
    }
    return {};
}

}  // namespace ganglion::fleet
