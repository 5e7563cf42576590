#include <fmt/format.h>

#include <atomic>
#include <map>

#include "train/corpus/parallel.hpp"
#include "train/evaluate/judges.hpp"
#include "train/evaluate/load_judgement.hpp"
#include "train/evaluate/occupancy_judgement.hpp"
#include "train/evaluate/routine_judgement.hpp"
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
    const auto all = read_loads(judged_folder(input.project, input.data), input.split);
    std::vector<LoadJudgement> results(all.size());
    std::atomic<size_t> done = 0;
    in_parallel(
        all.size(),
        [&](size_t i) {
            results[i] = judge_load(run, all[i]);
            ++done;
        },
        [&] { input.step(done, all.size()); });
    struct Set {
        Groups groups;
        FaultCount faults;
        uint64_t false_alarms = 0;
        double weeks = 0;
    };
    std::map<std::string, Set> sets;  // one home is no region: never summed
    Judged judged;
    for (const LoadJudgement& result : results) {
        Set& set = sets[result.set];
        set.groups.push_back(result.day_ahead);
        add(set.faults, result.faults);
        set.false_alarms += result.false_alarms;
        set.weeks += result.weeks;
        judged.notes.push_back(
            fmt::format("{}: {:.0f} weeks, {} false alarms, {:.1f} % of the load "
                        "one hour ahead",
                        result.name, result.weeks, result.false_alarms, 100 * result.next_hour));
    }
    for (const auto& [name, set] : sets) {
        const std::string of = name == "pjm" ? std::string() : ", " + name;
        judged.figures.push_back(ratio_figure("day-ahead error of last week's" + of, set.groups));
        judged.figures.push_back(
            share_figure("faults missed" + of, set.faults.all - set.faults.found, set.faults.all));
        judged.figures.push_back(
            rate_figure("false alarms" + of, set.false_alarms, set.weeks, "per week"));
    }
    return judged;
}

Judged judge_soils(const JudgeInput& input) {
    const auto folder = judged_folder(input.project, input.data);
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
    Groups daily_groups;
    FaultCount faults;
    uint64_t rises = 0;
    uint64_t rises_found = 0;
    uint64_t spells = 0;
    uint64_t told = 0;
    uint64_t failed_alarms = 0;
    double weeks = 0;
    for (const SoilJudgement& result : results) {
        (result.daily ? daily_groups : groups).push_back(result.day_ahead);
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
                      ratio_figure("day-ahead error of persistence's, daily", daily_groups),
                      share_figure("wettings missed", rises - rises_found, rises),
                      share_figure("dry spells not told", spells - told, spells),
                      share_figure("sensor faults missed", faults.all - faults.found, faults.all),
                      rate_figure("false sensor faults", failed_alarms, weeks, "per week"),
                      share_figure("disease days unlike the definition", unequal, weather_days)};
    return judged;
}

Judged judge_routines(const JudgeInput& input) {
    const LearnerRun run(input.project);
    const auto homes =
        read_homes(input.project, judged_folder(input.project, input.data), input.split);
    RoutineJudgement sum;
    Judged judged;
    for (size_t i = 0; i < homes.size(); ++i) {
        input.step(i, homes.size());
        const RoutineJudgement home = judge_routine(run, input.project, homes[i]);
        judged.notes.push_back(
            fmt::format("{}: {} of {} regular actions anticipated, {} wrong in {} days", home.name,
                        home.anticipated, home.regular, home.wrong, home.days));
        sum.regular += home.regular;
        sum.anticipated += home.anticipated;
        sum.wrong += home.wrong;
        sum.days += home.days;
    }
    judged.figures = {
        share_figure("regular actions missed", sum.regular - sum.anticipated, sum.regular),
        rate_figure("wrong", sum.wrong, static_cast<double>(sum.days), "per day")};
    return judged;
}

Judged judge_rooms(const JudgeInput& input) {
    const LearnerRun run(input.project);
    uint64_t minutes = 0;
    uint64_t right = 0;
    Judged judged;
    for (const OccupancyDay& day : judge_occupancy(
             run, input.project, judged_folder(input.project, input.data), input.split)) {
        minutes += day.minutes;
        right += day.right;
        judged.notes.push_back(
            fmt::format("{}: {} of {} minutes right", day.day, day.right, day.minutes));
    }
    judged.figures = {share_figure("minutes wrong", minutes - right, minutes)};
    return judged;
}

}  // namespace ganglion::train
