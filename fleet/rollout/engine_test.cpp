#include "fleet/rollout/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/testing/simulated_fleet.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::HasSubstr;
using namespace testing;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;

struct EngineTest : ::testing::Test {
    TemporaryDirectory directory;
    ReleaseLab lab{directory.path() / "releases"};
    Release release = lab.add(5);
    std::vector<AuditEntry> audit;
    std::unique_ptr<RolloutEngine> engine = open();
    int64_t now = 0;

    std::unique_ptr<RolloutEngine> open() {
        return std::make_unique<RolloutEngine>(
            directory.path() / "rollouts.db", lab.store(),
            [this](const AuditEntry& entry) { audit.push_back(entry); });
    }
    RolloutSpec spec() const {
        RolloutSpec made;
        made.release = release.id;
        made.application = "wake_word";
        made.stages = {{0.1, 3600}, {0.5, 600}, {1, 0}};
        made.concurrency = 10000;
        return made;
    }
    void connect(SimulatedFleet& fleet) {
        engine->run([&](RolloutEngine::Batch& batch) {
            for (const auto& said : fleet.retained()) {
                if (said.is_update)
                    batch.update(fleet.id(said.device), said.payload, now);
                else
                    batch.status(fleet.id(said.device), said.online, "wake_word", now);
            }
        });
    }
    void run(SimulatedFleet& fleet, int64_t for_ms, int64_t step_ms = kMinute) {
        for (const int64_t end = now + for_ms; now < end;) {
            now += step_ms;
            fleet.exchange(*engine, now);
        }
    }
    int64_t count(int64_t id, TargetState state) {
        int64_t sum = 0;
        for (const auto& stage : engine->rollout(id, 1).counts) sum += stage[size_t(state)];
        return sum;
    }
    /// All decisions, with their reasons, are in the audit log in their order.
    void expect_audited(int64_t id) {
        const auto decisions = engine->rollout(id, 1000).decisions;  // newest first
        std::vector<std::pair<std::string, std::string>> kept;
        std::vector<std::pair<std::string, std::string>> audited;
        for (auto one = decisions.rbegin(); one != decisions.rend(); ++one)
            kept.emplace_back("rollout." + one->kind, one->text);
        for (const AuditEntry& entry : audit)
            audited.emplace_back(entry.action, entry.detail["why"].get<std::string>());
        EXPECT_EQ(kept, audited);
        EXPECT_GE(kept.size(), 2U);
        for (const auto& [action, why] : kept) EXPECT_FALSE(why.empty()) << action;
    }
    RolloutState state(int64_t id) { return engine->rollout(id, 1).row.state; }
};

TEST_F(EngineTest, brings_a_good_release_to_everybody_in_stages) {
    SimulatedFleet fleet({.devices = 400, .inferences_per_hour = 400}, release, {});
    connect(fleet);
    run(fleet, 24 * kHour, 4 * kHour);  // devices have a past
    const int64_t id = engine->create(spec(), "ada", now);
    run(fleet, 30 * kMinute);
    const auto view = engine->rollout(id, 10);
    EXPECT_EQ(view.row.stage, 0U);
    const int64_t canary = view.counts[0][size_t(TargetState::done)];
    EXPECT_GT(canary, 20);
    EXPECT_LT(canary, 60);
    EXPECT_EQ(count(id, TargetState::done), canary);
    run(fleet, 4 * kHour);
    EXPECT_EQ(state(id), RolloutState::done) << engine->rollout(id, 1).row.why;
    EXPECT_EQ(count(id, TargetState::done), 400);
    for (uint32_t i = 0; i < fleet.size(); ++i) EXPECT_EQ(fleet.confirmed(i), 5U);
    std::vector<std::string> actions;
    for (const AuditEntry& entry : audit) actions.push_back(entry.action);
    EXPECT_EQ(actions, (std::vector<std::string>{"rollout.create", "rollout.stage", "rollout.stage",
                                                 "rollout.done"}));
    EXPECT_EQ(audit[0].actor, "ada");
    EXPECT_THAT(audit[1].detail["why"].get<std::string>(), HasSubstr("alerts per 1000"));
    expect_audited(id);
}

TEST_F(EngineTest, a_quietly_worse_model_is_stopped_and_taken_back) {
    SimulatedFleet fleet({.devices = 800}, release, {.alert_factor = 2.5});
    connect(fleet);
    run(fleet, 24 * kHour, 4 * kHour);
    RolloutSpec wanted = spec();
    wanted.stages[0].wait_s = 48 * 3600;
    wanted.look_s = 3600;
    const int64_t id = engine->create(wanted, "ada", now);
    run(fleet, 48 * kHour, 10 * kMinute);
    const auto view = engine->rollout(id, 10);
    EXPECT_EQ(view.row.state, RolloutState::rolled_back) << view.row.why;
    EXPECT_EQ(view.row.stage, 0U);
    EXPECT_THAT(view.decisions[1].text, HasSubstr("more alerts"));
    EXPECT_GT(count(id, TargetState::undone), 30);
    for (uint32_t i = 0; i < fleet.size(); ++i) EXPECT_TRUE(fleet.confirmed(i) != 5);
    expect_audited(id);
}

TEST_F(EngineTest, a_cohort_is_chosen_by_what_people_said_of_devices) {
    SimulatedFleet fleet({.devices = 60}, release, {});
    connect(fleet);
    std::map<std::string, Attributes> said;
    for (uint32_t i = 0; i < 60; ++i)
        said[fleet.id(i)] = {{"site", i % 3 == 0 ? "north" : "south"},
                             {"line", i % 2 == 0 ? "a" : "b"}};
    engine->set_attributes(said);
    RolloutSpec wanted = spec();
    wanted.attributes = {{"site", "north"}, {"line", "a"}};
    EXPECT_EQ(engine->plan(wanted), (std::vector<int64_t>{1, 5, 10}));
    const int64_t id = engine->create(wanted, "ada", now);
    run(fleet, 5 * kHour);
    EXPECT_EQ(state(id), RolloutState::done) << engine->rollout(id, 1).row.why;
    for (uint32_t i = 0; i < 60; ++i) EXPECT_EQ(fleet.confirmed(i), i % 6 == 0 ? 5U : 0U) << i;
}

TEST_F(EngineTest, a_plan_counts_who_runs_what_now) {
    const auto all = [&](const std::string& application) {
        RolloutSpec wanted = spec();
        wanted.application = application;
        return engine->plan(wanted).back();
    };
    EXPECT_EQ(all(""), 0);
    engine->run([&](RolloutEngine::Batch& batch) {
        for (const char* id : {"a", "b", "c"}) batch.status(id, true, "wake_word", now);
        batch.status("d", true, {}, now);
    });
    EXPECT_EQ(all("wake_word"), 3);
    EXPECT_EQ(all(""), 4);
    engine->run([&](RolloutEngine::Batch& batch) { batch.status("b", true, "machine", now); });
    EXPECT_EQ(all("wake_word"), 2);
    EXPECT_EQ(all("machine"), 1);
    EXPECT_EQ(all(""), 4);
    EXPECT_EQ(all("fall"), 0);
}

TEST_F(EngineTest, failing_installations_stop_it) {
    SimulatedFleet fleet({.devices = 400}, release, {.failing = 0.5});
    connect(fleet);
    const int64_t id = engine->create(spec(), "ada", now);
    run(fleet, 3 * kHour);
    EXPECT_EQ(state(id), RolloutState::rolled_back);
    EXPECT_THAT(engine->rollout(id, 9).decisions[1].text, HasSubstr("gate installations"));
    const auto failed = engine->targets(id, TargetState::failed, {}, "", 1000);
    ASSERT_FALSE(failed.empty());
    EXPECT_EQ(
        failed[0].target.reason,
        "did not reproduce its proof on this device within the RAM and instructions it states");
    expect_audited(id);
}

TEST_F(EngineTest, unhealthy_trials_stop_it) {
    SimulatedFleet fleet({.devices = 400}, release, {.unhealthy = 0.5});
    connect(fleet);
    const int64_t id = engine->create(spec(), "ada", now);
    run(fleet, 3 * kHour);
    EXPECT_EQ(state(id), RolloutState::rolled_back);
    EXPECT_THAT(engine->rollout(id, 9).decisions[1].text, HasSubstr("gate health"));
    expect_audited(id);
}

TEST_F(EngineTest, those_away_get_it_when_they_are_back_and_the_rest_is_named) {
    SimulatedFleet fleet(
        {.devices = 200, .offline = 0.2, .never_back = 0.5, .back_after_ms = 10 * kHour}, release,
        {});
    connect(fleet);
    // Known from before, though they are away.
    engine->run([&](RolloutEngine::Batch& batch) {
        for (uint32_t i = 0; i < fleet.size(); ++i)
            if (!fleet.online(i)) batch.status(fleet.id(i), false, "wake_word", now);
    });
    RolloutSpec wanted = spec();
    wanted.stages = {{1, 0}};
    wanted.settled = 0.5;
    wanted.deadline_s = 24 * 3600;
    const int64_t id = engine->create(wanted, "ada", now);
    run(fleet, 12 * kHour, 10 * kMinute);
    EXPECT_EQ(state(id), RolloutState::running);
    run(fleet, 13 * kHour, 10 * kMinute);
    EXPECT_EQ(state(id), RolloutState::done);
    const int64_t away = count(id, TargetState::offline);
    EXPECT_GT(away, 5);
    EXPECT_EQ(count(id, TargetState::done), 200 - away);
    EXPECT_EQ(engine->targets(id, TargetState::offline, {}, "", 1000).size(), size_t(away));
}

TEST_F(EngineTest, goes_on_after_the_process_is_gone) {
    SimulatedFleet fleet({.devices = 300}, release, {});
    connect(fleet);
    const int64_t id = engine->create(spec(), "ada", now);
    for (int round = 0; round < 12; ++round) {
        run(fleet, 20 * kMinute, 2 * kMinute);
        engine.reset();
        engine = open();
        engine->run([](RolloutEngine::Batch& batch) { batch.all_offline(); });
        connect(fleet);
    }
    run(fleet, kHour);
    EXPECT_EQ(state(id), RolloutState::done) << engine->rollout(id, 1).row.why;
    EXPECT_EQ(count(id, TargetState::done), 300);
}

TEST_F(EngineTest, pause_and_abort) {
    SimulatedFleet fleet({.devices = 100}, release, {});
    connect(fleet);
    RolloutSpec wanted = spec();
    wanted.stages = {{1, 3600}};
    wanted.concurrency = 10;
    const int64_t id = engine->create(wanted, "ada", now);
    run(fleet, 2 * kMinute);
    engine->pause(id, "bob", now);
    EXPECT_THROW(engine->pause(id, "bob", now), BadSpec);
    run(fleet, kHour);
    const int64_t done = count(id, TargetState::done);
    EXPECT_LT(done, 40);
    EXPECT_GT(done, 0);
    engine->resume(id, "bob", now);
    run(fleet, 20 * kMinute);
    EXPECT_GT(count(id, TargetState::done), done);
    engine->abort(id, false, "bob", now);
    run(fleet, kHour);
    EXPECT_EQ(state(id), RolloutState::rolled_back);
    for (uint32_t i = 0; i < fleet.size(); ++i) EXPECT_NE(fleet.confirmed(i), 5U);
    EXPECT_EQ(audit.back().actor, "server");
    expect_audited(id);
    EXPECT_THROW(engine->resume(id, "bob", now), BadSpec);
}

TEST_F(EngineTest, never_more_at_once_than_wanted_and_only_in_its_window) {
    SimulatedFleet fleet({.devices = 100, .fetch_ms = 10 * kMinute}, release, {});
    connect(fleet);
    RolloutSpec wanted = spec();
    wanted.stages = {{1, 0}};
    wanted.concurrency = 7;
    wanted.windows = {{{}, 60, 120}};  // 01:00 to 02:00; it is midnight
    const int64_t id = engine->create(wanted, "ada", now);
    run(fleet, 59 * kMinute);
    EXPECT_EQ(count(id, TargetState::queued), 100);
    int64_t most = 0;
    for (int i = 0; i < 60; ++i) {
        run(fleet, kMinute);
        most =
            std::max(most, count(id, TargetState::offered) + count(id, TargetState::downloading));
    }
    EXPECT_EQ(most, 7);
    run(fleet, kHour);
    EXPECT_GT(count(id, TargetState::queued), 0);  // the window has closed
}

TEST_F(EngineTest, waits_for_the_rollout_it_depends_on) {
    SimulatedFleet fleet({.devices = 50}, release, {});
    connect(fleet);
    RolloutSpec wanted = spec();
    wanted.stages = {{1, 0}};
    const int64_t first = engine->create(wanted, "ada", now);
    EXPECT_THROW(engine->create(wanted, "ada", now), BadSpec);  // two at once on the same devices
    wanted.after = first;
    wanted.release = lab.add(9).id;
    const int64_t second = engine->create(wanted, "ada", now);
    run(fleet, 10 * kMinute);
    EXPECT_EQ(count(second, TargetState::queued), 0);
    run(fleet, kHour);
    EXPECT_EQ(state(first), RolloutState::done);
    EXPECT_EQ(state(second), RolloutState::done);
}

}  // namespace
}  // namespace ganglion::fleet
