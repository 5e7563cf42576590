#include "train/evaluate/load_judgement.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "paths.hpp"
#include "project/project.hpp"
#include "tests/shared.hpp"

namespace ganglion::train {
namespace {

// The real meter over the real loads, on what it must reach. Each device is new and learns its
// series here.
TEST(LoadJudgement, MeterReachesItsNumbers) {
    GANGLION_NEEDS_SHARED("data/grid");
    const LearnerRun run(project::read(GANGLION_SOURCE_DIR "/apps/meter/ganglion.toml"));
    EXPECT_LE(run.ram_bytes(), 4096U);
    std::vector<std::vector<RatioBlock>> regions;
    FaultCount region_faults;
    for (const LoadSeries& series : read_loads(tests::shared_dir() / "data/grid", "test")) {
        const LoadJudgement judged = judge_load(run, series);
        RatioBlock day;
        RatioBlock relative;
        for (size_t i = 0; i < judged.day_ahead.size(); ++i) {
            day = {day.above + judged.day_ahead[i].above, day.below + judged.day_ahead[i].below};
            relative = {relative.above + judged.relative[i].above,
                        relative.below + judged.relative[i].below};
        }
        fmt::print(
            "{}: a day ahead {:.3f} of last week's error, {:.2f} % of the load; an hour ahead "
            "{:.2f} %; {:.2f} false alarms a week\n",
            series.name, day.above / day.below, 100 * relative.above / relative.below,
            100 * judged.next_hour, static_cast<double>(judged.false_alarms) / judged.weeks);
        for (const FaultCount& fault : judged.faults) {
            fmt::print("  {}: {} of {}\n", fault.name, fault.found, fault.all);
        }
        EXPECT_GT(judged.weeks, 20) << series.name;
        EXPECT_LE(static_cast<double>(judged.false_alarms), judged.weeks) << series.name;
        for (const FaultCount& fault : judged.faults) {
            EXPECT_GE(fault.all, 30U) << series.name;
            if (series.set != "pjm") continue;
            region_faults.found += fault.found;
            region_faults.all += fault.all;
        }
        if (series.set == "pjm") regions.push_back(judged.day_ahead);
    }
    ASSERT_EQ(regions.size(), 5U);
    const Interval interval = bootstrap_ratio(regions);
    fmt::print("regions [{:.3f}, {:.3f}], faults {} of {}, RAM {}, bundle {}\n", interval.low,
               interval.high, region_faults.found, region_faults.all, run.ram_bytes(),
               run.bundle_bytes());
    EXPECT_LT(interval.high, 0.75);
    EXPECT_GE(wilson_interval(region_faults.found, region_faults.all).low, 0.95);
}

TEST(BootstrapRatio, CoversTheRatioAndKnowsGroups) {
    // Blocks that agree leave nothing open; groups that do not agree do.
    const std::vector<std::vector<RatioBlock>> equal(5, std::vector<RatioBlock>(10, {1, 2}));
    EXPECT_EQ(bootstrap_ratio(equal).low, 0.5);
    EXPECT_EQ(bootstrap_ratio(equal).high, 0.5);
    std::vector<std::vector<RatioBlock>> apart = equal;
    for (size_t i = 0; i < apart.size(); ++i) apart[i].assign(10, {static_cast<double>(i), 4});
    const Interval interval = bootstrap_ratio(apart);
    EXPECT_LT(interval.low, 0.3);
    EXPECT_GT(interval.high, 0.7);
    EXPECT_EQ(bootstrap_ratio({}).high, 0);
}

}  // namespace
}  // namespace ganglion::train
