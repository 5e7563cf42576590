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
};
// A new way to compare decisions with the truth: one row.
constexpr std::array kJudges = {
    Row{"words", judge_words},           Row{"motor", judge_motor},
    Row{"recordings", judge_recordings}, Row{"loads", judge_loads},
    Row{"soils", judge_soils},           Row{"beats", judge_beats},
    Row{"trials", judge_whole_trials},   Row{"routines", judge_routines},
    Row{"rooms", judge_rooms},
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

}  // namespace

Judge find_judge(const project::Project& project) {
    const std::string name = project.judge.kind.empty() ? usual_judge(project) : project.judge.kind;
    const auto row = std::ranges::find_if(kJudges, [&](const Row& r) { return r.name == name; });
    if (row != kJudges.end()) return row->judge;
    std::vector<std::string> names;
    names.reserve(kJudges.size());
    for (const Row& known : kJudges) names.emplace_back(known.name);
    throw std::runtime_error(fmt::format("{}: judge.kind: \"{}\" is not known; write one of {}",
                                         project.path.string(), name, fmt::join(names, ", ")));
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

std::filesystem::path judged_folder(const JudgeInput& input) {
    const auto below = input.data / input.project.judge.data;
    return std::filesystem::is_directory(below) ? below : input.data;
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
