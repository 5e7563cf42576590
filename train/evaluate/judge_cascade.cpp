#include <fmt/format.h>

#include "train/evaluate/all_stages.hpp"
#include "train/evaluate/cascade_judgement.hpp"
#include "train/evaluate/judges.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kShownCalls = 6;

std::string word_of(const project::Project& project) {
    const auto& rule = project.gates.back().decision;
    return rule.labels.at(rule.label);
}

}  // namespace

Judged judge_cascade(const JudgeInput& input) {
    const Conversation heard = conversation(input.project, input.data, input.split, SIZE_MAX);
    const std::string word = word_of(input.project);
    const CascadeJudgement cascade = judge_calls(input.device, heard, word);
    input.step(1, 2);
    const CascadeJudgement always =
        judge_calls(DeviceRun(all_stages_always(input.project)), heard, word);
    input.step(2, 2);
    Judged judged;
    judged.figures.push_back(share_figure("missed " + word, cascade.missed_words, cascade.words));
    judged.figures.push_back(
        rate_figure("false " + word, cascade.false_words, cascade.hours, "per hour"));
    judged.figures.push_back(share_figure("missed commands", cascade.missed_commands,
                                          cascade.words - cascade.missed_words));
    judged.figures.push_back(
        rate_figure("false commands", cascade.false_commands, cascade.hours, "per hour"));
    const double seconds = static_cast<double>(heard.samples.size()) / input.project.sensor.rate_hz;
    judged.notes.push_back(fmt::format(
        "with all stages always {} of {} words are missed and {} false ones heard in {:.2f} h; "
        "recordings of speech are {:.0f} % of the time",
        always.missed_words, always.words, always.false_words, always.hours,
        100 * heard.speech_s / seconds));
    for (const std::string& name : cascade.missed_names) judged.notes.push_back("missed " + name);
    return judged;
}

RecordedStream cascade_stream(const StreamInput& input) {
    Conversation heard = conversation(input.project, input.data, input.split, kShownCalls);
    const std::string word = word_of(input.project);
    RecordedStream stream;
    for (const Call& call : heard.calls) {
        stream.expected.push_back({call.begin, call.end, word});
        stream.expected.push_back({call.end, call.command_end, call.command});
    }
    stream.samples = std::move(heard.samples);
    stream.tolerance = input.project.sensor.rate_hz;
    stream.description = fmt::format("{} calls with a command each, among sounds and other speech",
                                     heard.calls.size());
    return stream;
}

}  // namespace ganglion::train
