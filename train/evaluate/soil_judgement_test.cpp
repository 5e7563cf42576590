#include "train/evaluate/soil_judgement.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "paths.hpp"
#include "project/project.hpp"
#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

// The real plot guard over real soils and weather. Each device is new and learns its plot here.
TEST(SoilJudgement, FieldReachesItsNumbers) {
    GANGLION_NEEDS_SHARED("data/field");
    const auto folder = tests::shared_dir() / "data/field";
    const auto project = project::read(GANGLION_SOURCE_DIR "/apps/field/ganglion.toml");
    const LearnerRun run(project);
    const LearnerRun daily_run(daily_project(project));
    EXPECT_LE(run.ram_bytes(), 2048U);
    RatioBlock hours;
    std::vector<std::vector<RatioBlock>> blocks;
    FaultCount faults;
    uint64_t alarms = 0;
    uint64_t sensors = 0;
    for (const SoilSeries& series : read_soils(project, folder, "test")) {
        const SoilJudgement judged = judge_soil(series.daily ? daily_run : run, project, series);
        RatioBlock sum;
        for (const RatioBlock& block : judged.day_ahead) {
            sum = {sum.above + block.above, sum.below + block.below};
        }
        fmt::print(
            "{}: {:.3f} of persistence; rises {} of {}, {} wrong; dry {} of {} told, {} wrong; "
            "{} failures claimed in {:.1f} weeks\n",
            series.name, sum.above / sum.below, judged.rises_found, judged.rises,
            judged.wettings_wrong, judged.dry_told, judged.dry_spells, judged.dry_wrong,
            judged.failed_alarms, judged.weeks);
        EXPECT_LT(sum.above, sum.below) << series.name;
        if (series.daily) continue;
        ++sensors;
        blocks.push_back(judged.day_ahead);
        hours = {hours.above + sum.above, hours.below + sum.below};
        alarms += judged.failed_alarms;
        EXPECT_EQ(judged.rises_found, judged.rises) << series.name;
        for (const FaultCount& fault : judged.faults) {
            fmt::print("  {}: {} of {}\n", fault.name, fault.found, fault.all);
            faults.found += fault.found;
            faults.all += fault.all;
        }
    }
    const Interval interval = bootstrap_ratio(blocks);
    fmt::print("hourly sensors {:.3f} [{:.3f}, {:.3f}], faults {} of {}, RAM {}, bundle {}\n",
               hours.above / hours.below, interval.low, interval.high, faults.found, faults.all,
               run.ram_bytes(), run.bundle_bytes());
    ASSERT_EQ(sensors, 9U);
    EXPECT_LE(hours.above, 0.8 * hours.below);
    EXPECT_GE(faults.found * 100, faults.all * 95);
    EXPECT_LE(alarms, 2U);
}

// Day by day the same as the definition, written down apart, over whole years of real weather.
TEST(SoilJudgement, DiseaseWeatherIsTheDefinition) {
    GANGLION_NEEDS_SHARED("data/field");
    const auto project = project::read(GANGLION_SOURCE_DIR "/apps/field/ganglion.toml");
    const LearnerRun run(project);
    uint64_t favourable = 0;
    for (const char* split : {"train", "test"}) {
        for (const DiseaseJudgement& year :
             judge_disease(run, project, tests::shared_dir() / "data/field", split)) {
            fmt::print("{}: {} of {} days favourable, {} equal\n", year.name, year.favourable,
                       year.days, year.equal);
            EXPECT_GE(year.days, 365U) << year.name;
            EXPECT_EQ(year.equal, year.days) << year.name;
            favourable += year.favourable;
        }
    }
    EXPECT_GT(favourable, 50U);
}

}  // namespace
}  // namespace ganglion::train
