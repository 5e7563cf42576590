#include "train/search/space.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ganglion::train {
namespace {

project::Project base() {
    project::Project project;
    project.features.bands = 40;
    project.features.frames = 49;
    project.features.stride = 2;
    project.network.channels = {64, 64, 64};
    project.budget.ram_bytes = 1;
    return project;
}

TEST(DrawCandidates, TheProjectsOwnFirstAllDifferentAndTheSameForASeed) {
    const auto candidates = draw_candidates(base(), 40, 3);
    ASSERT_EQ(candidates.size(), 40U);
    EXPECT_EQ(candidates[0].name(), "40b-49f-2s-64x64x64");
    std::set<std::string> names;
    for (const auto& candidate : candidates) {
        names.insert(candidate.name());
        EXPECT_GE(candidate.channels.size(), 2U);
        EXPECT_GE(candidate.bands, 20U);
        EXPECT_LE(candidate.bands, 40U);
        EXPECT_EQ(candidate.stride % 2, 0U);
    }
    EXPECT_EQ(names.size(), 40U);
    const auto again = draw_candidates(base(), 40, 3);
    for (size_t i = 0; i < 40; ++i) EXPECT_EQ(again[i].name(), candidates[i].name());
    EXPECT_NE(draw_candidates(base(), 40, 4)[1].name(), candidates[1].name());
}

TEST(DrawCandidates, LeavesBandsAloneWhereTheFeaturesHaveNone) {
    auto project = base();
    project.features.kind = project::Features::motion;
    project.features.bands = 0;
    for (const auto& candidate : draw_candidates(project, 20, 1)) EXPECT_EQ(candidate.bands, 0U);
}

TEST(WithCandidate, ChangesWhatItNamesAndLeavesTheBudgetToTheSearch) {
    const Candidate candidate{{16, 32}, 24, 37, 4};
    const auto project = with_candidate(base(), candidate);
    EXPECT_EQ(project.features.bands, 24U);
    EXPECT_EQ(project.features.frames, 37U);
    EXPECT_EQ(project.features.stride, 4U);
    EXPECT_EQ(project.network.channels, candidate.channels);
    EXPECT_FALSE(project.budget.ram_bytes.has_value());
}

}  // namespace
}  // namespace ganglion::train
