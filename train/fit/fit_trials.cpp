#include "train/fit/fit_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "model/tflite.hpp"
#include "train/corpus/trial_windows.hpp"
#include "train/evaluate/agreement.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/report/settings.hpp"
#include "train/report/trial_card.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kMostFramesPerTrial = 24;

std::vector<ScoredTrial> of_split(const DeviceRun& device, const std::vector<Trial>& trials,
                                  const std::string& split) {
    std::vector<ScoredTrial> scored;
    for (const Trial& trial : trials) {
        if (trial.split == split) scored.push_back({&trial, device.run(trial.samples)});
    }
    return scored;
}

std::string list_of(const std::vector<double>& numbers) {
    std::string text = "[";
    for (const double number : numbers) {
        text += fmt::format("{}{:.6g}", text.size() == 1 ? "" : ", ", number);
    }
    return text + "]";
}

ClassifierSettings settings_of(const project::Project& project) {
    ClassifierSettings settings;
    settings.name = project.application.name;
    settings.kind = project.network.kind;
    settings.channels = project.network.channels;
    settings.classes = static_cast<uint32_t>(project.decision.labels.size());
    settings.epochs = project.network.epochs;
    settings.batch = project.network.batch;
    settings.learning_rate = project.network.learning_rate;
    settings.seed = project.network.seed;
    return settings;
}

std::string trained_on(const std::vector<Trial>& trials, const TrialRules& rules) {
    std::map<std::string, size_t> groups;
    size_t positives = 0;
    size_t count = 0;
    for (const Trial& trial : trials) {
        if (trial.split != "train") continue;
        ++count;
        ++groups[trial.group];
        if (rules.is_positive(trial)) ++positives;
    }
    return fmt::format(
        "{} trials of {} people or trips in the split `train` of `{}`, {} of them to be found.\n"
        "Sources and licences: the README of the data (research sets); no recording is in this "
        "repository.",
        count, groups.size(), rules.manifest.parent_path().filename().string() + "/" + rules.under,
        positives);
}

/// Trials of the training split, each scored by a network that never saw its person: in turn a
/// third of the people is left out. A threshold chosen on these and on the few people of `val` is
/// steadier than on those few alone.
std::vector<ScoredTrial> held_out(const project::Project& project, const std::vector<Trial>& trials,
                                  const LabelledWindows& all, const LabelledWindows& validation,
                                  const ProgressCallback& progress, const StopFlag& stop) {
    constexpr uint32_t kFolds = 3;
    std::map<std::string, uint32_t> groups;  // numbered as trial_frames() does
    for (const Trial& trial : trials) {
        if (trial.split == "train")
            groups.emplace(trial.group, static_cast<uint32_t>(groups.size()));
    }
    std::vector<ScoredTrial> scored;
    for (uint32_t fold = 0; fold < kFolds && groups.size() >= kFolds; ++fold) {
        LabelledWindows part;
        part.frames = all.frames;
        part.values = all.values;
        for (size_t i = 0; i < all.size(); ++i) {
            if (all.groups[i] % kFolds == fold) continue;
            const auto window = all.window(i);
            part.inputs.insert(part.inputs.end(), window.begin(), window.end());
            part.labels.push_back(all.labels[i]);
            part.groups.push_back(all.groups[i]);
        }
        const auto network =
            fit_classifier(settings_of(project), part, validation, progress, stop).network;
        const DeviceRun device(project, to_graph(network));
        for (const Trial& trial : trials) {
            if (trial.split != "train" || groups[trial.group] % kFolds != fold) continue;
            scored.push_back({&trial, device.run(trial.samples)});
        }
    }
    return scored;
}

}  // namespace

TrainResult fit_trials(const project::Project& given, const TrainOptions& options,
                       const ProgressCallback& progress) {
    const StopFlag never = false;
    const StopFlag& stop = options.stop != nullptr ? *options.stop : never;
    project::Project project = given;
    const TrialRules rules = trial_rules(project, options.data);
    const std::vector<Trial> trials = trials_of(rules);
    const auto frames = [&](const char* split) {
        return trial_frames(project, rules, trials, split, kMostFramesPerTrial);
    };
    const TrialFrames fitted = frames("train");
    const TrialFrames checked = frames("val");
    const auto scaling = choose_scaling(fitted.raw, fitted.values);
    project.scaling = {};
    for (const ValueScaling& one : scaling) {
        project.scaling.offset.push_back(one.offset);
        project.scaling.steps.push_back(one.steps);
    }
    const LabelledWindows windows = scaled_windows(fitted, scaling);
    const LabelledWindows validation = scaled_windows(checked, scaling);
    std::vector<ScoredTrial> unseen =
        held_out(project, trials, windows, validation, progress, stop);
    const FoldedNetwork network =
        fit_classifier(settings_of(project), windows, validation, progress, stop).network;
    const auto graph = to_graph(network);
    const auto bytes = model::write_tflite(graph);
    write_file(project.model_file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});

    const DeviceRun device(project, graph);
    const auto val = of_split(device, trials, "val");
    const auto test = of_split(device, trials, "test");
    unseen.insert(unseen.end(), val.begin(), val.end());
    project.decision.threshold = choose_trial_threshold(project, rules, device, unseen);
    ModelFacts facts;
    facts.project = project;
    facts.cost = {device.report(), device.ram_bytes(), device.bundle_bytes()};
    facts.model_bytes = static_cast<uint32_t>(bytes.size());
    facts.trained_on = trained_on(trials, rules);
    const auto agreement = compare(network, graph, spread_sample(windows, 500));
    facts.compared_windows = agreement.windows;
    facts.mean_difference = agreement.mean;
    facts.largest_difference = agreement.largest;
    const uint32_t threshold = project.decision.threshold;
    const auto judged = judge_trials(project, rules, device, test, threshold);
    const auto report =
        trial_report(facts, judge_trials(project, rules, device, val, threshold), judged);

    write_setting(project.path, "decision", "threshold", fmt::format("{}", threshold));
    write_setting(project.path, "scaling", "offset", list_of(project.scaling.offset));
    write_setting(project.path, "scaling", "steps", list_of(project.scaling.steps));
    const std::string variant =
        project.path.stem() == "ganglion" ? std::string() : "_" + project.path.stem().string();
    const auto folder = project.path.parent_path();
    TrainResult result{
        project.model_file, folder / ("MODEL_CARD" + variant + ".md"),
        folder / ("report" + variant + ".json"), threshold,
        fmt::format("test: {} of {} found, {} false alarms in {} trials", judged.found,
                    judged.positives, judged.false_alarms, judged.negatives)};
    write_file(result.report, report.dump(1) + "\n");
    write_file(result.card, trial_card(report));
    return result;
}

}  // namespace ganglion::train
