#include "fleet/rollout/cohort.hpp"

#include <gtest/gtest.h>

#include "fleet/rollout/rollout_reader.hpp"
#include "fleet/rollout/rollout_store.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using testing::TemporaryDirectory;

struct CohortTest : ::testing::Test {
    TemporaryDirectory directory;
    RolloutStore store{directory.path() / "rollouts.db"};

    /// Of every ten one runs `machine`; all have a parity, three quarters are in the north.
    void add_devices(int count) {
        Transaction transaction(store.database());
        for (int i = 0; i < count; ++i) {
            KnownDevice device = store.add_device("dev-" + std::to_string(i));
            device.application = i % 10 == 0 ? "machine" : "wake_word";
            store.write(device);
            store.write(device.number, Attributes{{"parity", i % 2 == 0 ? "even" : "odd"},
                                                  {"site", i % 4 == 3 ? "south" : "north"}});
        }
        transaction.commit();
    }
    int64_t size(const std::string& application, const std::string& pattern,
                 const Attributes& attributes) {
        return cohort_size(store.database(), application, pattern, attributes);
    }
};

TEST_F(CohortTest, counts_what_is_asked_for) {
    add_devices(400);
    EXPECT_EQ(size("", "", {}), 400);
    EXPECT_EQ(size("machine", "", {}), 40);
    EXPECT_EQ(size("machine", "dev-1?0", {}), 10);
    EXPECT_EQ(size("", "dev-*9", {}), 40);
    EXPECT_EQ(size("", "", {{"site", "south"}}), 100);
    EXPECT_EQ(size("", "", {{"site", "south"}, {"parity", "odd"}}), 100);
    EXPECT_EQ(size("", "", {{"site", "south"}, {"parity", "even"}}), 0);
    EXPECT_EQ(size("wake_word", "dev-1*", {{"site", "north"}, {"parity", "odd"}}), 28);
    EXPECT_EQ(size("", "", {{"site", "nowhere"}}), 0);
    EXPECT_EQ(size("fall", "", {{"site", "north"}}), 0);
}

TEST_F(CohortTest, what_very_many_have_is_estimated) {
    add_devices(50'000);
    // More than 20,000 have each of these: from a sample.
    EXPECT_NEAR(size("", "", {{"site", "north"}}), 37'500, 1'500);
    EXPECT_NEAR(size("wake_word", "", {{"site", "north"}, {"parity", "even"}}), 20'000, 1'600);
    EXPECT_NEAR(size("", "dev-*[02468]", {}), 25'000, 1'800);
    // Fewer than that: counted.
    EXPECT_EQ(size("", "", {{"site", "south"}, {"parity", "odd"}}), 12'500);
    EXPECT_EQ(size("", "dev-*77", {}), 500);
}

TEST_F(CohortTest, pages_hold_who_is_in_a_stage_and_state) {
    add_devices(60);
    RolloutRow row;
    row.spec.release = std::string(64, '0');
    row.spec.stages = {{0.5, 0}, {1, 0}};
    const int64_t id = store.add_rollout(row);
    for (int64_t device = 1; device <= 60; ++device)
        store.write(id, Target{.device = device,
                               .stage = device % 2 == 0 ? 1U : 0U,
                               .state = device % 3 == 0 ? TargetState::failed : TargetState::done,
                               .reason = ""});
    RolloutReader reader(directory.path() / "rollouts.db");
    const auto page = [&](std::optional<TargetState> state, std::optional<uint32_t> stage,
                          const std::string& after, size_t limit) {
        std::vector<int64_t> numbers;
        for (const NamedTarget& one : reader.named_targets(id, state, stage, after, limit))
            numbers.push_back(one.target.device);
        return numbers;
    };
    using Numbers = std::vector<int64_t>;
    EXPECT_EQ(page({}, {}, "", 3), (Numbers{1, 2, 3}));
    EXPECT_EQ(page({}, {}, "dev-2", 2), (Numbers{4, 5}));
    EXPECT_EQ(page(TargetState::failed, {}, "", 4), (Numbers{3, 6, 9, 12}));
    EXPECT_EQ(page(TargetState::failed, {}, "dev-11", 2), (Numbers{15, 18}));
    EXPECT_EQ(page({}, 1, "dev-3", 3), (Numbers{6, 8, 10}));
    EXPECT_EQ(page(TargetState::done, 1, "", 3), (Numbers{2, 4, 8}));
    EXPECT_EQ(page(TargetState::failed, 0, "", 100).size(), 10U);
    EXPECT_TRUE(page(TargetState::offline, {}, "", 100).empty());
    EXPECT_TRUE(page({}, 5, "", 100).empty());
}

}  // namespace
}  // namespace ganglion::fleet
