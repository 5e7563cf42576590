#include "train/evaluate/judges.hpp"
#include "train/evaluate/trial_judgement.hpp"

namespace ganglion::train {

Judged judge_whole_trials(const JudgeInput& input) {
    const TrialRules rules = trial_rules(input.project, input.data);
    std::vector<Trial> trials = trials_of(rules);
    std::erase_if(trials, [&](const Trial& trial) { return trial.split != input.split; });
    const auto result =
        judge_trials(input.project, rules, input.device, score_trials(input.device, trials),
                     input.project.decision.threshold);
    input.step(trials.size(), trials.size());
    const uint64_t missed = result.positives - result.found;
    Judged judged;
    judged.figures.push_back(share_figure("missed", missed, result.positives));
    judged.figures.push_back(share_figure("taken wrongly", result.false_alarms, result.negatives));
    judged.figures.push_back(share_figure("judged wrongly", missed + result.false_alarms,
                                          result.positives + result.negatives));
    judged.figures.push_back(
        rate_figure("false alarms", result.false_alarms, result.negative_hours, "per hour"));
    judged.figures.push_back({.name = "time to alarm",
                              .value = result.delay_s,
                              .unit = "s",
                              .interval = {},
                              .goal = {}});
    for (const std::string& name : result.wrong) judged.notes.push_back("wrong: " + name);
    return judged;
}

}  // namespace ganglion::train
