#include "fleet/rollout/engine.hpp"

#include <utility>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

using update::UpdateStatus;

std::span<const uint8_t> octets(std::string_view bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

Observed observed_of(const update::ScoreCounts& counts) {
    Observed observed{counts.inferences, counts.alerts, {}};
    std::copy(counts.bins.begin(), counts.bins.end(), observed.bins.begin());
    return observed;
}

bool goes_on_from(const UpdateStatus::Scores& now, const UpdateStatus::Scores& before) {
    if (now.sequence != before.sequence || now.counts.alerts < before.counts.alerts) return false;
    for (size_t i = 0; i < now.counts.bins.size(); ++i)
        if (now.counts.bins[i] < before.counts.bins[i]) return false;
    return true;
}

}  // namespace

RolloutEngine::RolloutEngine(const std::filesystem::path& database, ReleaseStore& releases,
                             Audit audit)
    : releases_(releases), audit_(std::move(audit)), store_(database), reader_(database) {
    load();
    publish();
}

int64_t RolloutEngine::Live::count(TargetState state) const {
    int64_t sum = 0;
    for (const auto& stage : counts) sum += stage[static_cast<size_t>(state)];
    return sum;
}

void RolloutEngine::load() {
    live_.clear();
    outgoing_.clear();
    for (RolloutRow& row : store_.rollouts()) {
        auto release = releases_.find(row.spec.release);
        if (!release)
            throw StoreError("rollout " + std::to_string(row.id) + ": its release " +
                             row.spec.release + " is gone from the release folder");
        Live live;
        live.counts.resize(row.spec.stages.size());
        store_.count_targets(row.id, [&](uint32_t stage, TargetState state, int64_t count) {
            live.counts[stage][static_cast<size_t>(state)] = count;
        });
        for (ArmRow& arm : store_.arms(row.id, row.stage)) {
            live.canaries += arm.canary;
            live.arms.emplace(arm.device, Arm{arm, false});
        }
        live.row = std::move(row);
        live.release = std::move(*release);
        live_.push_back(std::move(live));
    }
}

void RolloutEngine::flush() {
    for (Live& live : live_) {
        if (std::exchange(live.dirty, false)) {
            store_.write(live.row);
            live.changed = true;
        }
        for (auto& [device, arm] : live.arms)
            if (std::exchange(arm.dirty, false))
                store_.write_arm(live.row.id, live.row.stage, arm.row);
    }
}

/// What people see from now on. Only after a commit.
void RolloutEngine::publish() {
    for (Live& live : live_) {
        if (!std::exchange(live.changed, false)) continue;
        auto view = std::make_shared<const RolloutView>(
            RolloutView{live.row, live.release, live.counts, {}});
        const std::lock_guard lock(published_mutex_);
        published_.insert_or_assign(live.row.id, std::move(view));
    }
}

std::vector<ToDevice> RolloutEngine::run(const std::function<void(Batch&)>& work) {
    const std::lock_guard lock(mutex_);
    Transaction transaction(store_.database());
    try {
        Batch batch(*this);
        work(batch);
        flush();
        transaction.commit();
    } catch (...) {
        // What is in memory would be ahead of the store.
        if (store_.database().in_transaction()) store_.database().run("ROLLBACK");
        load();
        throw;
    }
    publish();
    return std::exchange(outgoing_, {});
}

KnownDevice RolloutEngine::known(const std::string& id) {
    if (auto device = store_.device(id)) return *device;
    return store_.add_device(id);
}

void RolloutEngine::Batch::status(const std::string& id, bool online,
                                  const std::optional<std::string>& application, int64_t now_ms) {
    KnownDevice device = engine_.known(id);
    const bool came_back = online && !device.online;
    device.online = online;
    device.seen_ms = std::max(device.seen_ms, now_ms);
    if (application) device.application = *application;
    engine_.store_.write(device);
    UpdateStatus status;
    const bool has_status = update::decode(octets(device.status), status);
    for (Live& live : engine_.live_) {
        engine_.follow(live, device, has_status ? &status : nullptr, now_ms);
        if (came_back) engine_.offer_again(live, device.number, now_ms);
    }
}

bool RolloutEngine::Batch::update(const std::string& id, std::string_view payload, int64_t now_ms,
                                  bool live_word) {
    UpdateStatus status;
    if (!update::decode(octets(payload), status)) return false;
    KnownDevice device = engine_.known(id);
    lacks_status_ |= live_word && !device.online;
    // A broker that tells a new connection all that it has kept says little that is new.
    if (!live_word && device.status == payload) return true;
    const Observed more = engine_.take_scores(device, status);
    device.seen_ms = std::max(device.seen_ms, now_ms);
    device.status = payload;
    engine_.store_.write(device);
    for (Live& live : engine_.live_) {
        engine_.follow(live, device, &status, now_ms);
        if (status.scores) engine_.observe(live, device.number, status.scores->sequence, more);
    }
    return true;
}

void RolloutEngine::Batch::all_offline() {
    engine_.store_.set_all_offline();
}

void RolloutEngine::Batch::tick(int64_t now_ms) {
    for (Live& live : engine_.live_) engine_.tick(live, now_ms);
}

/// What the device has decided since its last report: a counter that began anew counts from zero.
Observed RolloutEngine::take_scores(KnownDevice& device, const UpdateStatus& status) const {
    if (!status.scores) return {};
    Observed more = observed_of(status.scores->counts);
    UpdateStatus before;
    if (update::decode(octets(device.status), before) && before.scores &&
        before.boot == status.boot && goes_on_from(*status.scores, *before.scores)) {
        const Observed old = observed_of(before.scores->counts);
        more.inferences -= old.inferences;
        more.alerts -= old.alerts;
        for (size_t i = 0; i < more.bins.size(); ++i) more.bins[i] -= old.bins[i];
    }
    device.total.add(more);
    return more;
}

void RolloutEngine::observe(Live& live, int64_t device, uint32_t sequence, const Observed& more) {
    if (more.inferences == 0 || live.row.state != RolloutState::running) return;
    const auto found = live.arms.find(device);
    if (found == live.arms.end()) return;
    Arm& arm = found->second;
    if (arm.row.canary) {
        if (sequence != live.release.sequence) return;
        if (!std::exchange(live.row.compares, true)) live.dirty = true;
    } else if (!live.row.compares) {
        return;  // the same stretch of time for both
    }
    arm.row.seen.since.add(more);
    arm.dirty = true;
}

std::optional<Progress> RolloutEngine::progress_of(const Live& live, const Target& target,
                                                   const KnownDevice& device,
                                                   const UpdateStatus* status) const {
    const bool undo = is_undo(target.state);
    if (status != nullptr) {
        if (undo) {
            if (auto progress = undo_progress(live.release, *status)) return progress;
        } else if (auto progress = forward_progress(live.release, *status)) {
            const bool fetching = progress->state == TargetState::downloading;
            return fetching && !device.online
                       ? Progress{TargetState::offline, "left while fetching"}
                       : *progress;
        }
    }
    switch (target.state) {
        case TargetState::queued:
        case TargetState::offered:
        case TargetState::downloading:
            if (!device.online) return Progress{TargetState::offline, ""};
            return std::nullopt;
        case TargetState::blocked:
            if (status != nullptr && unmet_dependency(live.release, *status).empty())
                return Progress{device.online ? TargetState::queued : TargetState::offline, ""};
            return std::nullopt;
        case TargetState::offline:
            if (device.online) return Progress{TargetState::queued, ""};
            return std::nullopt;
        case TargetState::undo_queued:
        case TargetState::undo_offered:
            if (!device.online) return Progress{TargetState::undo_offline, ""};
            return std::nullopt;
        case TargetState::undo_offline:
            if (device.online) return Progress{TargetState::undo_queued, ""};
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

/// Takes a device's word, or its coming and going, into account.
void RolloutEngine::follow(Live& live, const KnownDevice& device, const UpdateStatus* status,
                           int64_t now_ms) {
    if (!live.active()) return;
    const auto target = store_.target(live.row.id, device.number);
    if (!target) {
        // It came, or told what it runs, after its turn to be enrolled.
        const int64_t position = position_of(live.row.id, device.place);
        if (live.row.state == RolloutState::running && position < live.row.cursor &&
            belongs(live, device)) {
            uint32_t stage = 0;
            while (position >= end_of(live.row.spec, stage)) ++stage;
            enrol(live, device, stage, now_ms);
        }
        return;
    }
    if (target->state == TargetState::left) {
        // What it still holds of a release that was stopped must not go on.
        if (status != nullptr && status->transfer &&
            status->transfer->sequence == live.release.sequence)
            move(live, *target, TargetState::undo_queued, "", now_ms);
        return;
    }
    const auto progress = progress_of(live, *target, device, status);
    if (!progress) return;
    const bool news = progress->state != target->state || progress->reason != target->reason;
    if (news) move(live, *target, progress->state, progress->reason, now_ms);
}

/// What was told over a connection that is gone may never have arrived.
void RolloutEngine::offer_again(Live& live, int64_t device, int64_t now_ms) {
    if (!live.active()) return;
    const auto target = store_.target(live.row.id, device);
    if (!target) return;
    if (target->state == TargetState::offered) move(live, *target, TargetState::queued, "", now_ms);
    if (target->state == TargetState::undo_offered)
        move(live, *target, TargetState::undo_queued, "", now_ms);
}

void RolloutEngine::move(Live& live, Target target, TargetState to, const std::string& reason,
                         int64_t now_ms) {
    --live.counts[target.stage][static_cast<size_t>(target.state)];
    ++live.counts[target.stage][static_cast<size_t>(to)];
    live.changed = true;
    target.state = to;
    target.reason = reason;
    target.since_ms = now_ms;
    store_.write(live.row.id, target);
}

void RolloutEngine::say(const KnownDevice& device, const char* leaf, std::string payload) {
    outgoing_.push_back({device.id, leaf, std::move(payload)});
}

}  // namespace ganglion::fleet
