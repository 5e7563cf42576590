#include "train/fit/fit_labelled.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "model/tflite.hpp"
#include "project/spoken.hpp"
#include "train/corpus/spoken_words.hpp"
#include "train/evaluate/device_run.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/fit/fit_classifier.hpp"
#include "train/fit/frame_windows.hpp"
#include "train/fit/held_out.hpp"
#include "train/fit/label_thresholds.hpp"
#include "train/fit/moments.hpp"
#include "train/fit/recording_copies.hpp"
#include "train/fit/scaling.hpp"
#include "train/fit/steps.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/recordings/labelled.hpp"
#include "train/report/labelled_card.hpp"
#include "train/report/settings.hpp"
#include "train/synthesis/signals.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kSoundCopies = 6;
constexpr size_t kMotionCopies = 3;
constexpr uint32_t kSynthetic = 80;  // sounds of a label that is also synthesized
constexpr uint32_t kLateMs = 500;    // a firing so long after a stretch is still that stretch's

/// Where the device does not learn the scaling, and the values are not all alike.
bool needs_scaling(const project::Project& project) {
    return project.running_normal_frames == 0 &&
           project.features.kind != project::Features::log_mel;
}

void choose_project_scaling(project::Project& project, const LabelledSet& set) {
    const auto scalings =
        choose_scaling(raw_frames(project, set.recordings, "train"), project.frame_values());
    project.scaling = {};
    for (const auto& scaling : scalings) {
        project.scaling.offset.push_back(scaling.offset);
        project.scaling.steps.push_back(std::min(scaling.steps, 127.0));
    }
    write_section(project.path, "scaling");
    write_setting(project.path, "scaling", "offset",
                  fmt::format("[{}]", fmt::join(project.scaling.offset, ", ")));
    write_setting(project.path, "scaling", "steps",
                  fmt::format("[{:.8g}]", fmt::join(project.scaling.steps, ", ")));
    // What was written is what is used: both must round alike.
    project.scaling = project::read(project.path).scaling;
}

double hours_of(const project::Project& project, const std::vector<ScoredRecording>& scored) {
    double samples = 0;
    for (const auto& run : scored)
        samples += static_cast<double>(run.recording->samples.size()) / project.sensor.channels;
    return samples / project.sensor.samples_per_second() / 3600;
}

/// Sounds that the project makes itself, for training alone.
void add_synthetic(const project::Project& project, LabelledSet& set) {
    const auto& labels = project.decision.labels;
    for (const std::string& label : project.training.synthetic) {
        const auto index =
            static_cast<uint16_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
        for (uint32_t n = 0; n < kSynthetic; ++n) {
            LabelledRecording made{fmt::format("synthetic {} {}", label, n),
                                   fmt::format("synthetic {} {}", label, n),
                                   "train",
                                   synthesize_signal(label, Random(project.network.seed).fork(n)),
                                   {}};
            made.stretches = {{0, made.samples.size(), index}};
            made.made = true;
            set.recordings.push_back(std::move(made));
        }
        set.summary += fmt::format("; {} made sounds of {}", kSynthetic, label);
    }
}

size_t groups_of(const LabelledSet& set, const std::string& split) {
    std::set<std::string> groups;
    for (const auto& recording : set.recordings)
        if (recording.split == split) groups.insert(recording.group);
    return groups.size();
}

/// Chooses the thresholds on the validation split, and on what was held out of the training split,
/// and tells how each label does there.
std::vector<LabelPoint> choose_thresholds(project::Project& project, const DeviceRun& device,
                                          const std::vector<ScoredRecording>& scored) {
    ThresholdGoals goals{.hours = hours_of(project, scored),
                         .per_hour = project.budget.alerts_per_hour.value_or(1)};
    for (const auto& label : project.decision.labels) {
        const auto goal = project.judge.goals.find("missed " + label);
        if (goal != project.judge.goals.end()) goals.missed[label] = goal->second / 100;
    }
    const auto late = static_cast<uint64_t>(kLateMs / 1000.0 * project.sensor.samples_per_second());
    project.decision.thresholds = choose_label_thresholds(
        device.decision(), device.gap_samples(), late, scored, project.decision.labels, goals);
    write_setting(project.path, "decision", "thresholds",
                  fmt::format("[{}]", fmt::join(project.decision.thresholds, ", ")));
    std::vector<LabelPoint> points(project.decision.labels.size());
    for (size_t label = 0; label < points.size(); ++label) {
        if (project.decision.thresholds[label] == 0) continue;
        points[label] = judge_label(device.decision(), device.gap_samples(), late, scored,
                                    static_cast<uint16_t>(label),
                                    static_cast<uint16_t>(project.decision.thresholds[label]));
    }
    return points;
}

WindowPlan plan_of(const project::Project& project, const char* split, size_t copies) {
    WindowPlan plan;
    plan.split = split;
    plan.copies = copies;
    plan.most_each = project.training.windows;
    plan.seed = project.network.seed;
    return plan;
}

}  // namespace

ClassifierSettings classifier_settings(const project::Project& project) {
    const auto& n = project.network;
    if (n.kind == "lstm" && project.features.frames == project.features.stride) {
        throw std::runtime_error(fmt::format(
            "{}: network.kind: an lstm is fitted to windows that begin with an empty state; let "
            "them overlap, with features.stride below features.frames",
            project.path.string()));
    }
    ClassifierSettings settings;
    settings.name = project.application.name;
    settings.kind = n.kind;
    settings.channels = n.channels;
    settings.classes = static_cast<uint32_t>(project.decision.labels.size());
    settings.epochs = n.epochs;
    settings.batch = n.batch;
    settings.learning_rate = n.learning_rate;
    settings.spectral = project::read_spoken(project.path).spectral;
    settings.seed = n.seed;
    // Most of what such a device senses is nothing. Were all classes to count alike, the network
    // would gladly take a little of it for something, and only a high threshold could undo that.
    if (std::ranges::any_of(project.decision.labels, never_fires)) settings.balance = 0.5;
    return settings;
}

size_t recording_copies(const project::Project& project) {
    if (project.training.copies > 0) return project.training.copies;
    using project::Sensor;
    switch (project.sensor.kind) {
        case Sensor::microphone:
            return kSoundCopies;
        case Sensor::accelerometer:
        case Sensor::imu:
        case Sensor::ride:
            return kMotionCopies;
        default:
            return 1;
    }
}

LabelledSet labelled_set(const project::Project& project, const std::filesystem::path& data,
                         const std::function<void(size_t, size_t)>& step) {
    auto set = read_labelled(project, data);
    add_synthetic(project, set);
    auto spoken = spoken_words(project, project::read_spoken(project.path).labels, step);
    if (!spoken.empty()) set.summary += fmt::format("; {} words by text-to-speech", spoken.size());
    std::move(spoken.begin(), spoken.end(), std::back_inserter(set.recordings));
    return set;
}

LabelledWindows windows_of(const project::Project& project, const LabelledSet& set,
                           const char* split, const std::function<void(size_t, size_t)>& step) {
    return frame_windows(project, set.recordings, plan_of(project, split, 1), step);
}

Lessons lessons_of(const project::Project& project, const LabelledSet& set,
                   const std::function<void(size_t, size_t)>& step) {
    const auto plan = plan_of(project, "train", recording_copies(project));
    if (!project::read_spoken(project.path).moments)
        return {frame_windows(project, set.recordings, plan, step), {}};
    if (!is_sound(project)) {
        throw std::runtime_error(
            fmt::format("{}: training.moments: is for sound; leave it out", project.path.string()));
    }
    auto tracks = labelled_tracks(project, set.recordings, plan, step);
    auto windows =
        windows_of(tracks, project.features.frames, project.frame_values(), plan.most_each);
    return {std::move(windows), std::move(tracks)};
}

bool is_labelled(const project::Project& project) {
    static const std::set<std::string> kinds{
        "dense",  "temporal",   "residual",   "inverted_residual", "lstm",   "gru",
        "forest", "linear_svm", "kernel_svm", "prototypes",        "mixture"};
    return project.has_model() &&
           (project.decision.kind == project::DecisionRule::classes ||
            (project.decision.kind == project::DecisionRule::class_probability &&
             kinds.contains(project.network.kind)));
}

TrainResult fit_labelled(const project::Project& given, const TrainOptions& options,
                         const ProgressCallback& progress, const StopFlag& stop) {
    project::Project project = given;
    if (options.data.empty()) {
        throw std::runtime_error(
            "classes are trained on recordings; give the folder that holds them with --data");
    }
    const auto set = labelled_set(project, options.data, steps_of("speech", progress, &stop));
    if (needs_scaling(project)) choose_project_scaling(project, set);
    const auto lessons = lessons_of(project, set, steps_of("features of train", progress, &stop));
    const auto validation =
        windows_of(project, set, "val", steps_of("features of val", progress, &stop));
    auto settings = classifier_settings(project);
    settings.compression = project::read_compression(project.path);
    auto unseen = project.training.folds == 0
                      ? std::vector<ScoredRecording>{}
                      : held_out(project, set, settings, validation, progress, stop);
    const auto fitted =
        fit_classifier(settings, lessons.windows, validation, progress, stop, lessons.tracks);
    const auto graph = to_graph(fitted.network);
    const auto bytes = model::write_tflite(graph);
    write_file(project.model_file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});

    const size_t classes = project.decision.labels.size();
    std::vector<LabelPoint> points;
    if (project.decision.kind == project::DecisionRule::classes) {
        const DeviceRun draft(project, graph);
        auto scored = score_recordings(project, draft, recordings_of(set.recordings, "val"),
                                       steps_of("validation", progress));
        std::move(unseen.begin(), unseen.end(), std::back_inserter(scored));
        points = choose_thresholds(project, draft, scored);
    }
    const DeviceRun device(project, graph);
    const auto test =
        windows_of(project, set, "test", steps_of("features of test", progress, &stop));
    LabelledFacts facts{project,
                        {device.report(), device.ram_bytes(), device.bundle_bytes()},
                        set.summary,
                        set.warnings,
                        lessons.windows.size(),
                        groups_of(set, "test"),
                        fitted.curve,
                        classify(fitted.network, graph, validation, classes),
                        classify(fitted.network, graph, test, classes),
                        compression_rows(project, fitted.stages, validation),
                        std::move(points)};
    const auto folder = project.path.parent_path();
    const std::string variant =
        project.path.stem() == "ganglion" ? std::string() : "_" + project.path.stem().string();
    const auto report_file = folder / ("report" + variant + ".json");
    const auto report = labelled_report(facts);
    std::ifstream in(report_file);
    const auto before = nlohmann::json::parse(in, nullptr, false);
    write_file(folder / ("report" + variant + ".html"),
               to_html(labelled_page(facts, test, before)));
    TrainResult result{project.model_file, folder / ("MODEL_CARD" + variant + ".md"), report_file,
                       0,
                       fmt::format("test: {:.1f} % of {} windows right ({:.1f} % balanced)",
                                   100 * facts.test.integer.accuracy(), test.size(),
                                   100 * facts.test.integer.balanced_accuracy())};
    if (!project.decision.thresholds.empty()) {
        result.threshold = *std::max_element(project.decision.thresholds.begin(),
                                             project.decision.thresholds.end());
    }
    write_file(result.report, report.dump(1) + "\n");
    write_file(result.card, labelled_card(report));
    return result;
}

}  // namespace ganglion::train
