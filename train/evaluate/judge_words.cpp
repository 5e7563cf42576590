#include <fmt/format.h>

#include "train/evaluate/judges.hpp"
#include "train/evaluate/word_judgement.hpp"

namespace ganglion::train {

Judged judge_words(const JudgeInput& input) {
    const auto& rule = input.project.decision;
    const std::string& word = rule.labels.at(rule.label);
    const RunStreams run =
        run_streams(input.device, clip_streams(input.data, input.split, word), input.step);
    const WordJudgement result =
        judge(input.device, run, rule.threshold, input.project.sensor.rate_hz);
    Judged judged;
    judged.figures.push_back(share_figure("missed", result.missed, result.words));
    judged.figures.push_back(
        rate_figure("false alarms", result.false_alarms, result.hours, "per hour"));
    for (const std::string& name : result.missed_names) judged.notes.push_back("missed " + name);
    for (const auto& [label, count] : result.false_alarm_labels) {
        judged.notes.push_back(fmt::format("{} false in {}", count, label));
    }
    judged.notes.push_back(
        fmt::format("{} words, {:.2f} h without it", result.words, result.hours));
    return judged;
}

}  // namespace ganglion::train
