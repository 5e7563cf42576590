#include <fmt/format.h>

#include <algorithm>

#include "train/evaluate/judges.hpp"
#include "train/evaluate/motor_judgement.hpp"

namespace ganglion::train {

Judged judge_motor(const JudgeInput& input) {
    const auto& project = input.project;
    const auto learned = read_vibrations(project, input.data, "train");
    const auto judged_set = read_vibrations(project, input.data, input.split);
    const auto runs = run_recorded(project, input.device, learned, judged_set, judged_set);
    const MotorJudgement result =
        judge(input.device, runs, project.decision.threshold, project.sensor.rate_hz);
    constexpr double limit_s = 0.1;
    const auto late = static_cast<uint64_t>(
        std::ranges::count_if(result.delays_s, [](double delay) { return delay > limit_s; }));
    Judged judged;
    judged.figures.push_back(share_figure("missed", result.missed, result.faults));
    judged.figures.push_back(
        share_figure("later than 100 ms", late + result.missed, result.faults));
    judged.figures.push_back(
        rate_figure("false alarms", result.false_alarms, 6 * result.healthy_hours, "per 10 min"));
    const auto plain = [&](const char* name, double value, const char* unit) {
        judged.figures.push_back(
            {.name = name, .value = value, .unit = unit, .interval = {}, .goal = {}});
    };
    plain("ROC area lost", 1 - result.roc_area, "");
    plain("delay, median", 1000 * result.median_delay_s(), "ms");
    plain("delay, worst", 1000 * result.worst_delay_s(), "ms");
    for (const std::string& name : result.missed_names) judged.notes.push_back("missed " + name);
    judged.notes.push_back(fmt::format("{} faults, {:.1f} s of normal running", result.faults,
                                       3600 * result.healthy_hours));
    return judged;
}

}  // namespace ganglion::train
