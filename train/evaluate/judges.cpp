#include "train/evaluate/judges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ganglion::train {

namespace {

struct Row {
    const char* name;
    Judge judge;
    Streamer stream;
};
// A new way to compare decisions with the truth: one row.
constexpr std::array kJudges = {
    Row{"words", judge_words, clips_stream},
    Row{"cascade", judge_cascade, cascade_stream},
    Row{"motor", judge_motor, motor_stream},
    Row{"recordings", judge_recordings, clips_stream},
    Row{"loads", judge_loads, load_stream},
    Row{"soils", judge_soils, soil_stream},
    Row{"beats", judge_beats, beat_stream},
    Row{"pauses", judge_heart_pauses, pause_stream},
    Row{"trials", judge_whole_trials, trial_stream},
    Row{"routines", judge_routines, routine_stream},
    Row{"rooms", judge_rooms, room_stream},
    Row{"events", judge_events, event_stream},
    Row{"noises", judge_noises, noise_stream},
};

const char* usual_judge(const project::Project& project) {
    switch (project.decision.kind) {
        case project::DecisionRule::class_probability:
            return "words";
        case project::DecisionRule::reconstruction_error:
        case project::DecisionRule::learner:
            return "motor";
        case project::DecisionRule::classes:
            break;
    }
    return "recordings";
}

const Row& find_row(const project::Project& project) {
    const std::string name = project.judge.kind.empty() ? usual_judge(project) : project.judge.kind;
    const auto row = std::ranges::find_if(kJudges, [&](const Row& r) { return r.name == name; });
    if (row != kJudges.end()) return *row;
    std::vector<std::string> names;
    names.reserve(kJudges.size());
    for (const Row& known : kJudges) names.emplace_back(known.name);
    throw std::runtime_error(fmt::format("{}: judge.kind: \"{}\" is not known; write one of {}",
                                         project.path.string(), name, fmt::join(names, ", ")));
}

}  // namespace

Judge find_judge(const project::Project& project) {
    return find_row(project).judge;
}

RecordedStream find_stream(const StreamInput& input) {
    RecordedStream stream = find_row(input.project).stream(input);
    if (stream.samples.empty())
        throw std::runtime_error(fmt::format("{}: no recordings of split {} for {}",
                                             input.data.string(), input.split,
                                             input.project.application.name));
    return stream;
}

Judged judge_application(const JudgeInput& input) {
    Judged judged = find_judge(input.project)(input);
    const auto add = [&](const char* name, double value, const char* unit) {
        judged.figures.push_back(
            {.name = name, .value = value, .unit = unit, .interval = {}, .goal = {}});
    };
    add("pipeline RAM", input.device.ram_bytes(), "bytes");
    add("bundle", input.device.bundle_bytes(), "bytes");
    for (Figure& figure : judged.figures) {
        const auto goal = input.project.judge.goals.find(figure.name);
        if (goal != input.project.judge.goals.end()) figure.goal = goal->second;
    }
    return judged;
}

std::vector<std::string> firing_labels(const project::Project& project) {
    const auto& rule = project.decision;
    if (rule.kind != project::DecisionRule::classes) return {rule.labels.at(rule.label)};
    std::vector<std::string> labels;
    for (size_t i = 0; i < rule.labels.size(); ++i) {
        if (rule.thresholds[i] != 0) labels.push_back(rule.labels[i]);
    }
    return labels;
}

std::filesystem::path judged_folder(const project::Project& project,
                                    const std::filesystem::path& data) {
    auto below = data / project.judge.data;
    return std::filesystem::is_directory(below) ? below : data;
}

Figure share_figure(const std::string& name, uint64_t part, uint64_t whole) {
    const Interval interval = wilson_interval(part, whole);
    return {
        .name = name,
        .value = whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole),
        .unit = "%",
        .interval = Interval{100 * interval.low, 100 * interval.high},
        .goal = {}};
}

Figure rate_figure(const std::string& name, uint64_t count, double amount,
                   const std::string& unit) {
    const Interval interval = poisson_interval(count);
    if (amount <= 0) return {.name = name, .value = 0, .unit = unit, .interval = {}, .goal = {}};
    return {.name = name,
            .value = static_cast<double>(count) / amount,
            .unit = unit,
            .interval = Interval{interval.low / amount, interval.high / amount},
            .goal = {}};
}

}  // namespace ganglion::train
