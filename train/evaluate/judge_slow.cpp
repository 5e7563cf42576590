#include <fmt/format.h>

#include <atomic>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/judges.hpp"
#include "train/evaluate/load_judgement.hpp"
#include "train/evaluate/soil_judgement.hpp"

namespace ganglion::train {

namespace {

using Groups = std::vector<std::vector<RatioBlock>>;

// Errors as a percentage of the reference's errors, over all groups.
Figure ratio_figure(const std::string& name, const Groups& groups) {
    RatioBlock sum;
    for (const auto& blocks : groups) {
        for (const RatioBlock& block : blocks) {
            sum.above += block.above;
            sum.below += block.below;
        }
    }
    const Interval interval = bootstrap_ratio(groups);
    return {.name = name,
            .value = sum.below > 0 ? 100 * sum.above / sum.below : 0,
            .unit = "%",
            .interval = Interval{100 * interval.low, 100 * interval.high},
            .goal = {}};
}

void add(FaultCount& sum, const std::vector<FaultCount>& counts) {
    for (const FaultCount& count : counts) {
        sum.found += count.found;
        sum.all += count.all;
    }
}

}  // namespace

Judged judge_loads(const JudgeInput& input) {
    const LearnerRun run(input.project);
    const auto all = read_loads(judged_folder(input), input.split);
    std::vector<LoadJudgement> results(all.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        all.size(),
        [&](size_t i) {
            results[i] = judge_load(run, all[i]);
            ++done;
        },
        [&] { input.step(done, all.size()); });
    Groups groups;
    FaultCount faults;
    uint64_t false_alarms = 0;
    double weeks = 0;
    Judged judged;
    for (const LoadJudgement& result : results) {
        groups.push_back(result.day_ahead);
        add(faults, result.faults);
        false_alarms += result.false_alarms;
        weeks += result.weeks;
        judged.notes.push_back(
            fmt::format("{}: {:.0f} weeks, {} false alarms, {:.1f} % of the load "
                        "one hour ahead",
                        result.name, result.weeks, result.false_alarms, 100 * result.next_hour));
    }
    judged.figures = {ratio_figure("day-ahead error of last week's", groups),
                      share_figure("faults missed", faults.all - faults.found, faults.all),
                      rate_figure("false alarms", false_alarms, weeks, "per week")};
    return judged;
}

Judged judge_soils(const JudgeInput& input) {
    const auto folder = judged_folder(input);
    const LearnerRun hourly(input.project);
    const project::Project days = daily_project(input.project);
    const LearnerRun daily(days);
    const auto all = read_soils(input.project, folder, input.split);
    std::vector<SoilJudgement> results(all.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        all.size(),
        [&](size_t i) {
            results[i] = all[i].daily ? judge_soil(daily, days, all[i])
                                      : judge_soil(hourly, input.project, all[i]);
            ++done;
        },
        [&] { input.step(done, all.size()); });
    Groups groups;
    FaultCount faults;
    uint64_t rises = 0;
    uint64_t rises_found = 0;
    uint64_t spells = 0;
    uint64_t told = 0;
    uint64_t failed_alarms = 0;
    double weeks = 0;
    for (const SoilJudgement& result : results) {
        groups.push_back(result.day_ahead);
        if (result.daily) continue;
        add(faults, result.faults);
        rises += result.rises;
        rises_found += result.rises_found;
        spells += result.dry_spells;
        told += result.dry_told;
        failed_alarms += result.failed_alarms;
        weeks += result.weeks;
    }
    uint64_t weather_days = 0;
    uint64_t unequal = 0;
    for (const DiseaseJudgement& result :
         judge_disease(hourly, input.project, folder, input.split)) {
        weather_days += result.days;
        unequal += result.days - result.equal;
    }
    Judged judged;
    judged.figures = {ratio_figure("day-ahead error of persistence's", groups),
                      share_figure("wettings missed", rises - rises_found, rises),
                      share_figure("dry spells not told", spells - told, spells),
                      share_figure("sensor faults missed", faults.all - faults.found, faults.all),
                      rate_figure("false sensor faults", failed_alarms, weeks, "per week"),
                      share_figure("disease days unlike the definition", unequal, weather_days)};
    return judged;
}

}  // namespace ganglion::train
