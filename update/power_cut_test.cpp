#include <gtest/gtest.h>

#include <cstdlib>

#include "update/testing/power_cuts.hpp"
#include "update/testing/process_kills.hpp"

namespace ganglion::update::testing {
namespace {

const Lab& lab() {
    static const Lab made;
    return made;
}

struct PowerCut : ::testing::TestWithParam<size_t> {
    static const std::vector<Scenario>& scenarios() {
        static const std::vector<Scenario> all = all_scenarios(lab());
        return all;
    }
    const Scenario& scenario() const { return scenarios()[GetParam()]; }
};

// A sample that takes seconds; every operation in every way, and every second cut in the recovery:
// `ganglion bench updates --exhaustive`.
TEST_P(PowerCut, leaves_a_device_that_boots_decides_and_comes_to_the_end) {
    CutPlan once{.seeds = {0, 1, 2, 3, 4, 5, 8}, .by_turns = true};
    CutResult result;
    ASSERT_NO_THROW(result = cut_everywhere(lab(), scenario(), once)) << scenario().name;
    EXPECT_GT(result.operations, 20U);
    EXPECT_EQ(result.lives, result.operations * 2);
}

TEST_P(PowerCut, in_the_recovery_from_a_power_cut) {
    CutPlan twice{.seeds = {2, 3, 4, 5}, .by_turns = true, .every = 37, .second_every = 23};
    CutResult result;
    ASSERT_NO_THROW(result = cut_everywhere(lab(), scenario(), twice)) << scenario().name;
    EXPECT_GT(result.lives, 2 * result.operations / 37);
}

TEST_P(PowerCut, as_a_process_on_linux_that_is_killed_at_random) {
    KillResult result;
    ASSERT_NO_THROW(result = kill_everywhere(lab(), scenario(), 8, 1)) << scenario().name;
    EXPECT_EQ(result.kills, 8U);
}

INSTANTIATE_TEST_SUITE_P(scenarios, PowerCut, ::testing::Range(size_t{0}, size_t{11}));

TEST(power_cut, every_scenario_is_cut) {
    EXPECT_EQ(all_scenarios(lab()).size(), 11U);
}

}  // namespace
}  // namespace ganglion::update::testing
