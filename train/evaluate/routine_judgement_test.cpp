#include "train/evaluate/routine_judgement.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "paths.hpp"
#include "project/project.hpp"
#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

// The real light routine over real homes. Each device is new and learns its home here; judged are
// the test days.
TEST(RoutineJudgement, HomeLightReachesItsNumbers) {
    GANGLION_NEEDS_SHARED("data/home");
    const auto project = project::read(GANGLION_SOURCE_DIR "/apps/home_light/ganglion.toml");
    const LearnerRun run(project);
    RoutineJudgement all;
    for (const HomeLog& home : read_homes(project, tests::shared_dir() / "data/home", "test")) {
        const RoutineJudgement judged = judge_routine(run, project, home);
        fmt::print("{}: {} of {} regular actions anticipated, {} wrong in {} days\n", home.name,
                   judged.anticipated, judged.regular, judged.wrong, judged.days);
        EXPECT_GE(judged.days, 2U) << home.name;
        all.regular += judged.regular;
        all.anticipated += judged.anticipated;
        all.wrong += judged.wrong;
        all.days += judged.days;
    }
    EXPECT_GE(all.regular, 20U);
    EXPECT_GE(all.anticipated * 10, all.regular * 6);
    EXPECT_LE(all.wrong, all.days);
}

}  // namespace
}  // namespace ganglion::train
