#include "train/fit/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "model/tflite.hpp"
#include "train/corpus/parallel.hpp"
#include "train/evaluate/agreement.hpp"
#include "train/fit/fit_autoencoder.hpp"
#include "train/fit/fit_beats.hpp"
#include "train/fit/fit_labelled.hpp"
#include "train/fit/fit_spotter.hpp"
#include "train/fit/fit_trials.hpp"
#include "train/fit/steps.hpp"
#include "train/fit/word_corpus.hpp"
#include "train/network/deterministic.hpp"
#include "train/quantize/to_graph.hpp"
#include "train/report/card.hpp"
#include "train/report/settings.hpp"
#include "train/report/word_page.hpp"

namespace ganglion::train {
namespace {

struct Context {
    project::Project project;  // with the threshold once it is chosen
    const TrainOptions& options;
    const ProgressCallback& progress;
    const StopFlag& stop;
};

std::filesystem::path beside(const project::Project& project, const char* name) {
    return project.path.parent_path() / name;
}

void write_model(const project::Project& project, const model::Graph& graph) {
    const auto bytes = model::write_tflite(graph);
    write_file(project.model_file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

ModelFacts facts_of(const Context& context, const DeviceRun& device, const FoldedNetwork& network,
                    const model::Graph& graph, const std::vector<int8_t>& windows) {
    ModelFacts facts;
    facts.project = context.project;
    facts.cost = {device.report(), device.ram_bytes(), device.bundle_bytes()};
    facts.model_bytes =
        static_cast<uint32_t>(std::filesystem::file_size(context.project.model_file));
    // A model that was kept came without its network in floating point.
    if (network.layers.empty()) return facts;
    const auto agreement = compare(network, graph, windows);
    facts.compared_windows = agreement.windows;
    facts.mean_difference = agreement.mean;
    facts.largest_difference = agreement.largest;
    return facts;
}

TrainResult leave(const Context& context, uint32_t threshold, const nlohmann::json& report,
                  const std::string& card, std::string summary) {
    write_setting(context.project.path, "decision", "threshold", fmt::format("{}", threshold));
    TrainResult result{context.project.model_file, beside(context.project, "MODEL_CARD.md"),
                       beside(context.project, "report.json"), threshold, std::move(summary)};
    write_file(result.report, report.dump(1) + "\n");
    write_file(result.card, card);
    return result;
}

/// What the pages of all models show.
TrainingPage page_of(const Context& context, const nlohmann::json& report,
                     const std::vector<Epoch>& curve, const DeviceRun& device) {
    const auto& model = report.at("model");
    TrainingPage page;
    page.title = fmt::format("{} {}", context.project.application.title,
                             context.project.application.version);
    page.about = model.at("trained_on").get<std::string>();
    page.curve = curve;
    page.compiled = device.report();
    page.cards = {{fmt::format("{}", device.ram_bytes()), "bytes of RAM, features included"},
                  {fmt::format("{}", device.bundle_bytes()), "bytes of signed bundle"},
                  {fmt::format("{}", device.report().macs), "multiply-accumulates an inference"},
                  {fmt::format("{}", context.project.decision.threshold), "threshold, permille"}};
    std::ifstream in(beside(context.project, "report.json"));
    const auto before = nlohmann::json::parse(in, nullptr, false);
    if (!before.is_discarded()) page.compared = compare_reports(before, report);
    return page;
}

std::filesystem::path checkpoint_of(const Context& context) {
    if (context.options.work_dir.empty()) return {};
    return context.options.work_dir / (context.project.application.name + ".checkpoint");
}

TrainResult fit_word(Context context) {
    const std::string word = context.project.decision.labels.at(context.project.decision.label);
    std::string trained_on;
    LabelledWindows windows;
    FittedClassifier fitted;
    {
        const auto corpus =
            collect_word_corpus(context.project, context.options, context.progress, context.stop);
        trained_on = corpus.trained_on;
        if (!context.options.keep_model)
            fitted = fit_spotter(context.project, corpus.frames, context.progress, context.stop,
                                 checkpoint_of(context));
        windows = sample_windows(context.project, corpus.frames, 500);
    }
    const auto graph = context.options.keep_model
                           ? model::read_tflite_file(context.project.model_file)
                           : to_graph(fitted.network);
    if (!context.options.keep_model) write_model(context.project, graph);

    const DeviceRun device(context.project, graph);
    const uint32_t rate = context.project.sensor.rate_hz;
    const auto run = [&](std::vector<ClipStream> streams, const char* phase) {
        return run_streams(device, std::move(streams), steps_of(phase, context.progress));
    };
    const auto validation = run(clip_streams(context.options.data, "val", word, 4), "validation");
    const double budget = context.project.budget.alerts_per_hour.value_or(0.5);
    const uint32_t threshold =
        context.options.threshold
            ? *context.options.threshold
            : choose_threshold([&](uint32_t t) { return judge(device, validation, t, rate); },
                               budget);
    context.project.decision.threshold = threshold;

    auto facts = facts_of(context, device, fitted.network, graph, windows.inputs);
    facts.trained_on = trained_on;
    WordFacts words;
    words.threshold_given = context.options.threshold.has_value();
    words.validation = judge(device, validation, threshold, rate);
    const auto test = run(clip_streams(context.options.data, "test", word), "test");
    words.test = judge(device, test, threshold, rate);
    words.synthetic =
        judge(device, run(synthetic_streams(word), "synthetic speech"), threshold, rate);
    const auto report = word_report(facts, words);
    TrainingPage page = page_of(context, report, fitted.curve, device);
    page.labels = {"other", word};
    page.map = principal_map(windows, 500);
    add_word_results(page, device, validation, test, threshold, rate);
    write_file(beside(context.project, "report.html"), to_html(page));
    return leave(
        context, threshold, report, word_card(report),
        fmt::format("test: {} of {} missed, {} false alarms in {:.2f} h", words.test.missed,
                    words.test.words, words.test.false_alarms, words.test.hours));
}

std::vector<int8_t> motor_windows(const Context& context, std::string& trained_on) {
    const auto range = motor_range("train");
    constexpr double seconds = 40;
    std::vector<std::vector<int8_t>> parts(range.count);
    std::atomic<size_t> done = 0;
    const auto step = steps_of("motors", context.progress, &context.stop);
    in_parallel(
        range.count,
        [&](size_t i) {
            const auto motor = simulate_motor(
                random_motor(context.project, range.first + i, seconds, 0, BearingFault::none));
            parts[i] = normal_windows(context.project, motor.samples);
            ++done;
        },
        [&] { step(done, range.count); });
    size_t recorded = 0;
    for (const auto& vibration : read_vibrations(context.project, context.options.data, "train")) {
        if (vibration.label != "normal") continue;
        ++recorded;
        // The same seconds in other orders: each time others are learned from and others are
        // fitted.
        for (size_t turn = 0; turn < 8; ++turn) {
            auto samples = vibration.samples;
            std::rotate(samples.begin(),
                        samples.begin() + static_cast<ptrdiff_t>(samples.size() * turn / 8),
                        samples.end());
            parts.push_back(normal_windows(context.project, samples));
        }
    }
    std::vector<int8_t> windows;
    for (const auto& part : parts) windows.insert(windows.end(), part.begin(), part.end());
    trained_on = fmt::format(
        "{} simulated motors without a fault, {:.0f} s each (model and sources: "
        "`train/synthesis/motor.hpp`), and {} "
        "recordings\nof normal running in the split `train`. No faulty machine was seen. The "
        "recordings (CWRU "
        "bearing data) state no licence:\nresearch use; they are not in this repository.",
        range.count, seconds, recorded);
    return windows;
}

TrainResult fit_motor(Context context) {
    std::string trained_on;
    const auto windows = motor_windows(context, trained_on);
    const auto network = fit_autoencoder(context.project, windows, context.progress, context.stop);
    const auto graph = to_graph(network);
    write_model(context.project, graph);

    const DeviceRun device(context.project, graph);
    const uint32_t rate = context.project.sensor.rate_hz;
    const auto validation =
        run_simulated(context.project, device, "val", 40, steps_of("validation", context.progress));
    const double budget = context.project.budget.alerts_per_hour.value_or(6);
    const uint32_t threshold = choose_threshold(device, validation, budget, rate);
    context.project.decision.threshold = threshold;

    auto facts = facts_of(context, device, network, graph, windows);
    facts.trained_on = trained_on;
    MotorFacts motors;
    motors.validation = judge(device, validation, threshold, rate);
    motors.simulated_test = judge(
        device,
        run_simulated(context.project, device, "test", 40, steps_of("test", context.progress)),
        threshold, rate);
    const auto read = [&](const char* split) {
        return read_vibrations(context.project, context.options.data, split);
    };
    const auto faulty = read("test");
    motors.recorded_test =
        judge(device, run_recorded(context.project, device, read("train"), faulty, faulty),
              threshold, rate);
    const auto report = motor_report(facts, motors);
    return leave(
        context, threshold, report, motor_card(report),
        fmt::format(
            "simulated test: {} of {} faults missed, {} false alarms in {:.2f} h; recorded test: "
            "{} of {} missed",
            motors.simulated_test.missed, motors.simulated_test.faults,
            motors.simulated_test.false_alarms, motors.simulated_test.healthy_hours,
            motors.recorded_test.missed, motors.recorded_test.faults));
}

}  // namespace

TrainResult fit(const project::Project& given, const TrainOptions& options,
                const ProgressCallback& progress) {
    // The model is judged on all that it could be given, not on what the stages before it let pass.
    project::Project project = given;
    project.gates.clear();
    project.sound_gate.reset();
    const StopFlag never = false;
    const StopFlag& stop = options.stop != nullptr ? *options.stop : never;
    choose_device(options.device);
    const bool beats = project.features.kind == project::Features::ecg_beats;
    const bool trials = project.judge.kind == "trials";
    if (!beats && !trials && is_labelled(project))
        return fit_labelled(project, options, progress, stop);
    if (project::read_compression(project.path).any()) {
        throw std::runtime_error(fmt::format(
            "{}: compression: is for networks that tell classes apart; remove the section",
            project.path.string()));
    }
    const auto& network = project.network;
    if (network.epochs == 0 || network.batch == 0 || network.learning_rate <= 0) {
        throw std::runtime_error(fmt::format(
            "{}: network: training needs epochs, batch and learning_rate above zero; write them",
            project.path.string()));
    }
    const Context context{project, options, progress, stop};
    if (beats) return fit_beats(project, options, progress, stop);
    if (trials) return fit_trials(project, options, progress);
    if (network.kind == "ds_cnn") return fit_word(context);
    if (network.kind == "autoencoder") return fit_motor(context);
    throw std::runtime_error(
        fmt::format("{}: network.kind: '{}' is not known; write \"ds_cnn\" or \"autoencoder\"",
                    project.path.string(), network.kind));
}

}  // namespace ganglion::train
