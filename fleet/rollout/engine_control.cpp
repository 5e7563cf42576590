#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "fleet/rollout/engine.hpp"

// What people do with rollouts, and see of them.

namespace ganglion::fleet {
namespace {

[[noreturn]] void throw_unknown(int64_t rollout) {
    throw BadSpec(fmt::format("there is no rollout {}: see `ganglion rollout list`", rollout));
}

}  // namespace

RolloutEngine::Live& RolloutEngine::find(int64_t rollout) {
    const auto found =
        std::ranges::find(live_, rollout, [](const Live& live) { return live.row.id; });
    if (found == live_.end()) throw_unknown(rollout);
    return *found;
}

int64_t RolloutEngine::create(const RolloutSpec& spec, const std::string& actor, int64_t now_ms) {
    int64_t id = 0;
    run([&](Batch&) {
        const auto release = releases_.find(spec.release);
        if (!release)
            throw BadSpec("rollout: there is no release " + spec.release +
                          ": see `ganglion release list`");
        if (spec.after != 0) find(spec.after);
        for (const Live& other : live_) {
            if (other.row.state == RolloutState::done ||
                other.row.state == RolloutState::rolled_back)
                continue;
            if (other.release.component == release->component &&
                other.row.spec.application == spec.application && other.row.id != spec.after)
                throw BadSpec(fmt::format(
                    "rollout: rollout {} brings the same devices another release: abort it, or "
                    "begin this one after it (after: {})",
                    other.row.id, other.row.id));
        }
        Live live;
        live.row.spec = spec;
        live.row.spec.release = release->id;
        live.row.created_ms = live.row.stage_ms = live.row.looked_ms = now_ms;
        live.release = *release;
        live.counts.resize(spec.stages.size());
        id = live.row.id = store_.add_rollout(live.row);
        live_.push_back(std::move(live));
        decide(live_.back(), "create",
               fmt::format("{} {} (sequence {}) in {} stages, the first {:g} % of the devices",
                           release->name, version_text(release->version), release->sequence,
                           spec.stages.size(), 100 * spec.stages.front().share),
               {{"spec", to_json(live_.back().row.spec)}}, actor, now_ms);
    });
    return id;
}

void RolloutEngine::pause(int64_t rollout, const std::string& actor, int64_t now_ms) {
    run([&](Batch&) {
        Live& live = find(rollout);
        if (live.row.state != RolloutState::running)
            throw BadSpec(fmt::format("rollout {} is {}: only a running one can be paused", rollout,
                                      to_string(live.row.state)));
        live.row.state = RolloutState::paused;
        decide(live, "pause", "paused: no more offers; what was offered goes on",
               nlohmann::json::object(), actor, now_ms);
    });
}

void RolloutEngine::resume(int64_t rollout, const std::string& actor, int64_t now_ms) {
    run([&](Batch&) {
        Live& live = find(rollout);
        if (live.row.state != RolloutState::paused)
            throw BadSpec(fmt::format("rollout {} is {}: only a paused one can go on", rollout,
                                      to_string(live.row.state)));
        live.row.state = RolloutState::running;
        decide(live, "resume", "goes on", nlohmann::json::object(), actor, now_ms);
    });
}

void RolloutEngine::abort(int64_t rollout, bool keep, const std::string& actor, int64_t now_ms) {
    run([&](Batch&) {
        Live& live = find(rollout);
        if (!live.active() || live.row.state == RolloutState::rolling_back)
            throw BadSpec(
                fmt::format("rollout {} is {} already", rollout, to_string(live.row.state)));
        if (!keep)
            return roll_back(live, "aborted: what took it goes back", nlohmann::json::object(),
                             actor, now_ms);
        decide(live, "stop", "ended: what took it keeps it", nlohmann::json::object(), actor,
               now_ms);
        live.row.state = RolloutState::done;
    });
}

std::optional<RolloutEngine::Served> RolloutEngine::serves(const std::string& device,
                                                           update::Component component,
                                                           uint32_t sequence) {
    const std::lock_guard lock(mutex_);
    const auto known = store_.device(device);
    if (!known) return std::nullopt;
    for (const Live& live : live_) {
        if (live.release.component != component) continue;
        const bool forward =
            live.release.sequence == sequence &&
            (live.row.state == RolloutState::running || live.row.state == RolloutState::paused);
        const bool back =
            live.release.back_sequence == sequence && live.row.state == RolloutState::rolling_back;
        if ((forward || back) && store_.target(live.row.id, known->number))
            return Served{forward ? live.release.packages : live.release.back, live.row.id,
                          live.row.spec.bytes_per_second};
    }
    return std::nullopt;
}

void RolloutEngine::set_attributes(const std::map<std::string, Attributes>& devices) {
    run([&](Batch&) {
        for (const auto& [id, attributes] : devices) {
            const int64_t number = known(id).number;
            if (store_.attributes(number) != attributes) store_.write(number, attributes);
        }
    });
}

std::optional<KnownDevice> RolloutEngine::device(const std::string& id) {
    return reader_.device(id);
}

std::vector<int64_t> RolloutEngine::plan(const RolloutSpec& spec) {
    const int64_t all = reader_.device_count(spec.application, spec.devices, spec.attributes);
    std::vector<int64_t> stages;
    for (const Stage& stage : spec.stages)
        stages.push_back(std::llround(stage.share * static_cast<double>(all)));
    return stages;
}

RolloutView RolloutEngine::published(int64_t rollout, size_t decisions) {
    std::shared_ptr<const RolloutView> last;
    {
        const std::lock_guard lock(published_mutex_);
        const auto found = published_.find(rollout);
        if (found == published_.end()) throw_unknown(rollout);
        last = found->second;
    }
    RolloutView view = *last;
    view.decisions = reader_.decisions(rollout, decisions);
    return view;
}

std::vector<RolloutView> RolloutEngine::rollouts() {
    std::vector<int64_t> ids;
    {
        const std::lock_guard lock(published_mutex_);
        for (const auto& [id, view] : published_) ids.push_back(id);
    }
    std::vector<RolloutView> views;
    for (auto id = ids.rbegin(); id != ids.rend(); ++id) views.push_back(published(*id, 1));
    return views;
}

RolloutView RolloutEngine::rollout(int64_t id, size_t decisions) {
    return published(id, decisions);
}

std::vector<NamedTarget> RolloutEngine::targets(int64_t rollout, std::optional<TargetState> state,
                                                std::optional<uint32_t> stage,
                                                const std::string& after, size_t limit) {
    {
        const std::lock_guard lock(published_mutex_);
        if (!published_.contains(rollout)) throw_unknown(rollout);
    }
    return reader_.named_targets(rollout, state, stage, after, limit);
}

}  // namespace ganglion::fleet
