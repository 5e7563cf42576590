#include "train/evaluate/occupancy_judgement.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "paths.hpp"
#include "project/project.hpp"
#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

TEST(OccupancyJudgement, HomeReachesItsNumber) {
    GANGLION_NEEDS_SHARED("data/home");
    const auto project = project::read(GANGLION_SOURCE_DIR "/apps/home/ganglion.toml");
    const LearnerRun run(project);
    OccupancyDay all;
    for (const OccupancyDay& day :
         judge_occupancy(run, project, tests::shared_dir() / "data/home", "test")) {
        fmt::print("{}: {} of {} minutes right\n", day.day, day.right, day.minutes);
        EXPECT_GE(day.right * 100, day.minutes * 95) << day.day;
        all.minutes += day.minutes;
        all.right += day.right;
        all.occupied += day.occupied;
    }
    EXPECT_GE(all.minutes, 6000U);
    EXPECT_GT(all.occupied, all.minutes / 5);
    EXPECT_LT(all.occupied, all.minutes / 2);
    EXPECT_GE(all.right * 100, all.minutes * 97);
}

}  // namespace
}  // namespace ganglion::train
