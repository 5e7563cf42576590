#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "fleet/rollout/engine.hpp"

// What a rollout does next: offers, time-outs, gates, stages, the way back.

namespace ganglion::fleet {
namespace {

using update::UpdateStatus;

constexpr size_t kMostAtOnce = 500;
constexpr uint32_t kMostOffers = 5;
constexpr int64_t kAnswerMs = 60'000;      ///< an offer is answered in this time, or given again
constexpr int64_t kFetchMs = 15 * 60'000;  ///< a piece comes in this time, or the offer again
constexpr const char* kServer = "server";

bool read(const KnownDevice& device, UpdateStatus& status) {
    return update::decode(
        {reinterpret_cast<const uint8_t*>(device.status.data()), device.status.size()}, status);
}

std::string undo_message(const Release& release) {
    std::array<uint8_t, 16> payload{};
    const size_t size = encode(update::Undo{release.component, release.sequence}, payload);
    return {reinterpret_cast<const char*>(payload.data()), size};
}

}  // namespace

void RolloutEngine::tick(Live& live, int64_t now_ms) {
    if (!live.active()) return;
    time_out(live, now_ms);
    if (live.row.state == RolloutState::rolling_back) {
        give_undoes(live, now_ms);
        return finish(live, now_ms);
    }
    if (live.row.state == RolloutState::paused) return;
    if (live.row.spec.after != 0 && find(live.row.spec.after).row.state != RolloutState::done)
        return;
    enrol_some(live, now_ms);
    if (is_open(live.row.spec.windows, now_ms)) give_offers(live, now_ms);
    go_on(live, now_ms);
}

void RolloutEngine::send_package(const KnownDevice& device,
                                 const std::vector<PackageObjects>& packages,
                                 const UpdateStatus::Part& part, uint32_t key_list) {
    const auto keys = releases_.keys();
    if (key_list < keys.version) say(device, "keys", keys.envelope);
    const std::string has = hex_of(part.digest);
    const auto delta = std::ranges::find(packages, has, &PackageObjects::base);
    const PackageObjects& package = delta == packages.end() ? packages.front() : *delta;
    if (auto manifest = releases_.objects().get(package.manifest))
        say(device, "offer", std::move(*manifest));
}

void RolloutEngine::offer(Live& live, const Target& target, const KnownDevice& device,
                          const UpdateStatus& status, int64_t now_ms) {
    if (const std::string missing = unmet_dependency(live.release, status); !missing.empty())
        return move(live, target, TargetState::blocked, missing, now_ms);
    send_package(device, live.release.packages,
                 status.parts[static_cast<size_t>(live.release.component)], status.key_list);
    Target told = target;
    ++told.attempts;
    move(live, told, TargetState::offered, "", now_ms);
}

void RolloutEngine::give_offers(Live& live, int64_t now_ms) {
    const int64_t busy = live.count(TargetState::offered) + live.count(TargetState::downloading) +
                         live.count(TargetState::installing);
    const int64_t room = int64_t{live.row.spec.concurrency} - busy;
    if (room <= 0 || live.count(TargetState::queued) == 0) return;
    const size_t count = std::min(static_cast<size_t>(room), kMostAtOnce);
    for (const Target& target :
         store_.targets(live.row.id, TargetState::queued, now_ms + 1, count)) {
        const auto device = store_.device(target.device);
        UpdateStatus status;
        if (!device->online) {
            move(live, target, TargetState::offline, "", now_ms);
        } else if (!read(*device, status)) {
            move(live, target, TargetState::blocked, "its firmware takes no updates", now_ms);
        } else {
            offer(live, target, *device, status, now_ms);
        }
    }
}

/// A device that trusts the release is offered the version before; one that does not yet is told to
/// leave it.
void RolloutEngine::give_undoes(Live& live, int64_t now_ms) {
    const int64_t room = int64_t{live.row.spec.concurrency} - live.count(TargetState::undo_offered);
    if (room <= 0) return;
    const size_t count = std::min(static_cast<size_t>(room), kMostAtOnce);
    for (Target target : store_.targets(live.row.id, TargetState::undo_queued, now_ms + 1, count)) {
        const auto device = store_.device(target.device);
        UpdateStatus status;
        if (!device->online) {
            move(live, target, TargetState::undo_offline, "", now_ms);
            continue;
        }
        const auto& part = status.parts[static_cast<size_t>(live.release.component)];
        const bool trusts = read(*device, status) && part.confirmed == live.release.sequence &&
                            part.phase == update::Phase::confirmed;
        if (trusts && live.release.back.empty()) {
            move(live, target, TargetState::undo_failed, "the release has no way back", now_ms);
            continue;
        }
        if (trusts)
            send_package(*device, live.release.back, part, status.key_list);
        else
            say(*device, "undo", undo_message(live.release));
        ++target.attempts;
        move(live, target, TargetState::undo_offered, "", now_ms);
    }
}

void RolloutEngine::time_out(Live& live, int64_t now_ms) {
    const auto each = [&](TargetState state, int64_t after_ms, const auto& handle) {
        if (live.count(state) == 0) return;
        for (const Target& target :
             store_.targets(live.row.id, state, now_ms - after_ms, kMostAtOnce))
            handle(target);
    };
    const auto again = [&](const Target& target) {
        if (target.attempts >= kMostOffers)
            move(live, target, TargetState::failed,
                 fmt::format("did not answer {} offers", target.attempts), now_ms);
        else
            move(live, target, TargetState::queued, "", now_ms);
    };
    each(TargetState::offered, kAnswerMs, again);
    each(TargetState::downloading, kFetchMs, again);
    const int64_t trial_ms = live.row.spec.trial_limit_s * 1000;
    const auto silent = [&](const Target& target) {
        move(live, target, TargetState::failed, "not heard of since it began to run the update",
             now_ms);
    };
    each(TargetState::installing, trial_ms, silent);
    each(TargetState::trial, trial_ms, silent);
    each(TargetState::undoing, trial_ms, [&](const Target& target) {
        move(live, target, TargetState::undo_failed, "not heard of since it began to go back",
             now_ms);
    });
    each(TargetState::undo_offered, kAnswerMs, [&](const Target& target) {
        if (target.attempts >= kMostOffers)
            move(live, target, TargetState::undo_failed,
                 fmt::format("did not answer {} offers", target.attempts), now_ms);
        else
            move(live, target, TargetState::undo_queued, "", now_ms);
    });
}

/// Looks at every gate. False where one stops the rollout, which has begun to roll back then.
bool RolloutEngine::look(Live& live, int64_t now_ms, std::string& finding) {
    const GateLimits& limits = live.row.spec.gates;
    live.row.looked_ms = now_ms;
    const uint32_t look = ++live.row.looks;
    live.dirty = true;
    const auto count = [&](TargetState state) { return static_cast<uint64_t>(live.count(state)); };
    const uint64_t failed = count(TargetState::failed);
    const uint64_t unhealthy = count(TargetState::unhealthy);
    const uint64_t done = count(TargetState::done);
    // A failure is told sooner than a success: what is on trial has been installed.
    const uint64_t installed = unhealthy + done + count(TargetState::trial);
    std::vector<ArmDevice> canary;
    std::vector<ArmDevice> control;
    for (const auto& [device, arm] : live.arms)
        (arm.row.canary ? canary : control).push_back(arm.row.seen);
    // A third of what may be wrong for each gate.
    GateLimits share = limits;
    share.alpha = limits.alpha / 3;
    const std::pair<const char*, GateVerdict> gates[] = {
        {"installations", judge_share("installations failed", failed, failed + installed,
                                      limits.failures, share.alpha, look)},
        {"health", judge_share("trials ended unhealthy", unhealthy, unhealthy + done,
                               limits.unhealthy, share.alpha, look)},
        {"comparison", judge_arms(canary, control, share, look)}};
    for (const auto& [gate, verdict] : gates) {
        if (verdict.stop) {
            nlohmann::json numbers = verdict.numbers;
            numbers["gate"] = gate;
            roll_back(live, fmt::format("gate {}: {}", gate, verdict.why), numbers, kServer,
                      now_ms);
            return false;
        }
        finding += (finding.empty() ? "" : "; ") + verdict.why;
    }
    return true;
}

void RolloutEngine::go_on(Live& live, int64_t now_ms) {
    const RolloutSpec& spec = live.row.spec;
    const uint32_t stage = live.row.stage;
    const auto count = [&](TargetState state) { return live.count(stage, state); };
    int64_t all = 0;
    for (const int64_t devices : live.counts[stage]) all += devices;
    const int64_t open = count(TargetState::queued) + count(TargetState::offered) +
                         count(TargetState::downloading) + count(TargetState::installing) +
                         count(TargetState::trial);
    const int64_t absent = count(TargetState::offline) + count(TargetState::blocked);
    const bool enrolled = live.row.cursor >= end_of(spec, stage);
    if (all == 0 && enrolled && stage + 1 == spec.stages.size() && !store_.has_devices())
        return;  // a fleet that has not been heard of yet
    const bool settled =
        enrolled && open == 0 &&
        static_cast<double>(all - absent) >= spec.settled * static_cast<double>(all);
    if (settled && live.row.settled_ms == 0) {
        live.row.settled_ms = now_ms;
        live.dirty = true;
    }
    const bool passed = live.row.settled_ms != 0 &&
                        now_ms >= live.row.settled_ms + spec.stages[stage].wait_s * 1000;
    std::string finding;
    // Every end of a stage has its own look, however short it was.
    if ((passed || now_ms >= live.row.looked_ms + spec.look_s * 1000) &&
        !look(live, now_ms, finding))
        return;
    if (passed && stage + 1 < spec.stages.size()) return next_stage(live, finding, now_ms);
    if (passed) finish(live, now_ms);
}

void RolloutEngine::next_stage(Live& live, const std::string& finding, int64_t now_ms) {
    const uint32_t stage = live.row.stage + 1;
    flush();  // the arms of the stage that ends
    decide(live, "stage",
           fmt::format("stage {} passed: {}; stage {} opens, up to {:g} % of the devices", stage,
                       finding, stage + 1, 100 * live.row.spec.stages[stage].share),
           nlohmann::json::object(), kServer, now_ms);
    live.row.stage = stage;
    live.row.stage_ms = live.row.looked_ms = now_ms;
    live.row.settled_ms = 0;
    live.row.compares = false;
    live.arms.clear();
    live.canaries = 0;
}

/// Done when nothing is open any more, or at the deadline.
void RolloutEngine::finish(Live& live, int64_t now_ms) {
    int64_t open = 0;
    int64_t all = 0;
    for (size_t state = 0; state < kTargetStates; ++state) {
        const int64_t devices = live.count(static_cast<TargetState>(state));
        all += devices;
        if (!is_settled(static_cast<TargetState>(state))) open += devices;
    }
    const bool late = now_ms >= live.row.created_ms + live.row.spec.deadline_s * 1000;
    if (open > 0 && !late) return;
    const bool back = live.row.state == RolloutState::rolling_back;
    const auto took = live.count(back ? TargetState::undone : TargetState::done);
    const auto lost = live.count(back ? TargetState::undo_failed : TargetState::failed) +
                      live.count(TargetState::unhealthy);
    std::string text =
        fmt::format("{} of {} devices {}", took, all, back ? "went back" : "have it");
    if (lost > 0)
        text += fmt::format(", {} {}", lost, back ? "did not" : "failed and keep what they had");
    if (open > 0) text += fmt::format(", {} still open at the deadline", open);
    decide(live, back ? "rolled back" : "done", text, {{"open", open}}, kServer, now_ms);
    live.row.state = back ? RolloutState::rolled_back : RolloutState::done;
}

void RolloutEngine::roll_back(Live& live, const std::string& why, const nlohmann::json& numbers,
                              const std::string& actor, int64_t now_ms) {
    decide(live, "stop", why, numbers, actor, now_ms);
    live.row.state = RolloutState::rolling_back;
    const auto all = [&](TargetState from, TargetState to, const std::string& reason) {
        store_.move_all(live.row.id, from, to, reason, now_ms);
        for (auto& stage : live.counts) {
            stage[static_cast<size_t>(to)] += stage[static_cast<size_t>(from)];
            stage[static_cast<size_t>(from)] = 0;
        }
        live.changed = true;
    };
    for (const TargetState state :
         {TargetState::queued, TargetState::offline, TargetState::blocked})
        all(state, TargetState::left, "the rollout ended before its turn");
    for (const TargetState state : {TargetState::offered, TargetState::downloading,
                                    TargetState::installing, TargetState::trial, TargetState::done})
        all(state, TargetState::undo_queued, "");
}

void RolloutEngine::decide(Live& live, const std::string& kind, const std::string& text,
                           const nlohmann::json& numbers, const std::string& actor,
                           int64_t now_ms) {
    live.row.why = text;
    live.dirty = true;
    store_.add_decision(live.row.id, {0, now_ms, kind, text, numbers});
    nlohmann::json detail = numbers;
    detail["why"] = text;
    audit_({actor, "rollout." + kind, std::to_string(live.row.id), detail});
}

}  // namespace ganglion::fleet
