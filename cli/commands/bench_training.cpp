#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "bench/row.hpp"
#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "model/tflite.hpp"
#include "project/spoken.hpp"
#include "train/evaluate/integer_model.hpp"
#include "train/evaluate/noise_conditions.hpp"
#include "train/evaluate/word_judgement.hpp"
#include "train/fit/frame_windows.hpp"
#include "train/fit/moments.hpp"
#include "train/search/pipeline_cost.hpp"
#include "train/synthesis/scratch_folder.hpp"
#include "train/synthesis/subprocess.hpp"

namespace ganglion::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
    fs::path data;
    fs::path json;
    std::string application = "wake_word";
    bool fit = false;
};

bench::Row row(const std::string& name, double value, const char* unit,
               std::optional<double> goal) {
    return {"training", name, value, unit, "", std::nullopt, goal};
}

double percent_missed(const train::WordJudgement& judgement) {
    return judgement.words == 0
               ? 0
               : 100 * static_cast<double>(judgement.missed) / static_cast<double>(judgement.words);
}

size_t largest(const std::vector<float>& outputs) {
    return static_cast<size_t>(std::ranges::max_element(outputs) - outputs.begin());
}

class WordBench {
  public:
    explicit WordBench(const Options& options)
        : options_(options),
          project_(find_application(options.application)),
          device_(project_, model::read_tflite_file(project_.model_file)),
          word_(project_.decision.labels.at(project_.decision.label)) {}

    std::vector<bench::Row> run() {
        clips();
        for (const auto& condition : train::noise_conditions()) {
            const auto streams = train::noisy_streams(options_.data, "test", word_, condition);
            if (streams.empty()) continue;
            const auto result = judged(streams, condition.name);
            const std::string what = "missed, " + condition.name;
            add(word_ + ' ' + what, percent_missed(result), "%", goal(what));
        }
        add(word_ + " pipeline RAM", device_.ram_bytes(), "bytes", 14336);
        add(word_ + " bundle in flash", device_.bundle_bytes(), "bytes", 71680);
        add(word_ + " model file", static_cast<double>(fs::file_size(project_.model_file)), "bytes",
            61440);
        const auto cost = train::cost_of(project_, device_);
        add(word_ + " multiply-accumulates per second of audio",
            static_cast<double>(cost.macs) * cost.inferences_per_second, "MACs/s", std::nullopt);
        add(word_ + " instructions per second of audio, Cortex-M4F, at most",
            cost.instructions_per_second(), "instructions/s", 6.3e6);
        line_.finish();
        return rows_;
    }

  private:
    train::WordJudgement judged(std::vector<train::ClipStream> streams, const std::string& what) {
        const auto run =
            train::run_streams(device_, std::move(streams), [&](size_t done, size_t all) {
                line_.show(what, static_cast<double>(done) / static_cast<double>(all), 0, "");
            });
        return train::judge(device_, run, project_.decision.threshold, project_.sensor.rate_hz);
    }

    void clips() {
        const auto test = judged(train::clip_streams(options_.data, "test", word_), "test");
        add(word_ + " missed, test speakers", percent_missed(test), "%", goal("missed"));
        add(word_ + " false alarms, test", test.false_alarms_per_hour(), "per hour", std::nullopt);
        const auto begun = std::chrono::steady_clock::now();
        const auto all = judged(train::clip_streams(options_.data, "all", word_), "all negatives");
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        add(fmt::format("{} false alarms, all {:.2f} h without it", word_, all.hours),
            all.false_alarms_per_hour(), "per hour", goal("false alarms"));
        add(word_ + " judged, times real time", all.hours * 3600 / seconds, "x", std::nullopt);
    }

    /// As [judge.goals] says.
    std::optional<double> goal(const std::string& figure) const {
        const auto found = project_.judge.goals.find(figure);
        if (found == project_.judge.goals.end()) return std::nullopt;
        return found->second;
    }

    void add(const std::string& name, double value, const char* unit, std::optional<double> goal) {
        rows_.push_back(row(name, value, unit, goal));
    }

    const Options& options_;
    project::Project project_;
    train::DeviceRun device_;
    std::string word_;
    ProgressLine line_;
    std::vector<bench::Row> rows_;
};

/// The windows of one recording that a network is judged by; with [training] moments each that has
/// a label, those beside the sound too.
train::LabelledWindows judged_windows(const project::Project& project,
                                      const train::LabelledRecording& recording) {
    const train::WindowPlan plan{"test", 1, project.training.windows, project.network.seed};
    const auto step = [](size_t, size_t) {};
    if (!project::read_spoken(project.path).moments)
        return train::frame_windows(project, {recording}, plan, step);
    return train::windows_of(train::labelled_tracks(project, {recording}, plan, step),
                             project.features.frames, project.frame_values(), SIZE_MAX);
}

/// What a network that tells classes apart makes of split `test`: of windows, and of whole
/// recordings by the greatest mean output over the windows that have the label of each.
std::vector<bench::Row> class_rows(const Options& options, const project::Project& project) {
    const auto graph = model::read_tflite_file(project.model_file);
    const train::DeviceRun device(project, graph);
    const auto set = train::read_labelled(project, options.data);
    const size_t classes = project.decision.labels.size();
    const bool moments = project::read_spoken(project.path).moments;
    train::IntegerModel integer(graph);
    train::Confusion of_windows(classes);
    train::Confusion of_recordings(classes);
    ProgressLine line;
    size_t done = 0;
    for (const auto& recording : set.recordings) {
        line.show("test", static_cast<double>(++done) / static_cast<double>(set.recordings.size()),
                  0, "");
        if (recording.split != "test") continue;
        const auto windows = judged_windows(project, recording);
        const uint16_t truth = recording.stretches.front().label;
        std::vector<float> sums(classes, 0.0F);
        for (size_t i = 0; i < windows.size(); ++i) {
            const auto outputs = integer.run(windows.window(i));
            of_windows.add(windows.labels[i], largest(outputs));
            if (moments && windows.labels[i] != truth) continue;
            for (size_t c = 0; c < classes; ++c) sums[c] += outputs[c];
        }
        of_recordings.add(truth, largest(sums));
    }
    line.finish();
    const std::string& name = project.application.name;
    const auto cost = train::cost_of(project, device);
    const auto right = [&](const std::string& what, const train::Confusion& confusion) {
        return std::vector{
            row(fmt::format("{} right, {} {} of test", name, confusion.total(), what),
                100 * confusion.accuracy(), "%", std::nullopt),
            row(fmt::format("{} right, {}, mean over the classes", name, what),
                100 * confusion.balanced_accuracy(), "%", std::nullopt)};
    };
    auto rows = right("windows", of_windows);
    const auto more = right("recordings", of_recordings);
    rows.insert(rows.end(), more.begin(), more.end());
    rows.push_back(row(name + " pipeline RAM", device.ram_bytes(), "bytes", std::nullopt));
    rows.push_back(row(name + " bundle in flash", device.bundle_bytes(), "bytes", std::nullopt));
    rows.push_back(row(name + " multiply-accumulates per inference", static_cast<double>(cost.macs),
                       "MACs", std::nullopt));
    return rows;
}

/// Processor time of the programs that this one started and that ended, seconds.
double seconds_of_children() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The whole way from recordings to a signed bundle with card and report, in a folder of its own
/// with nothing kept from before.
std::vector<bench::Row> fit_rows(const Options& options, const project::Project& project) {
    const auto program = fs::canonical("/proc/self/exe").parent_path() / "ganglion-train";
    const train::ScratchFolder folder;
    const auto out = folder.path() / "out";
    const double before = seconds_of_children();
    const auto begun = std::chrono::steady_clock::now();
    train::run_program({program.string(), project.path.string(), "--data", options.data.string(),
                        "--out", out.string(), "--work", (folder.path() / "work").string()},
                       {}, std::chrono::hours(2));
    const train::DeviceRun bundled(project::read(out / "ganglion.toml"));
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const std::string what = project.application.name + " recordings to signed bundle and report";
    const bool word = project.decision.kind == project::DecisionRule::class_probability;
    return {row(what, wall, "s", word ? std::optional<double>(600) : std::nullopt),
            row(what + ", processor time", seconds_of_children() - before, "s", std::nullopt)};
}

/// One step of training against a plain libtorch loop, where ganglion-train-speed was built.
std::vector<bench::Row> speed_rows() {
    const auto program = fs::canonical("/proc/self/exe").parent_path() / "ganglion-train-speed";
    if (!fs::exists(program)) return {};
    const train::ScratchFolder folder;
    const auto file = folder.path() / "speed.json";
    train::run_program({program.string(), file.string()}, {}, std::chrono::seconds(300));
    const auto ms = nlohmann::json::parse(read_text(file));
    const auto against = [&](const std::string& name, const char* clock, const char* key,
                             std::optional<double> goal) {
        const auto& of = ms.at(clock);
        return bench::Row{"training", "training step, " + name,     of.at(key).get<double>(),
                          "ms",       "plain libtorch loop, float", of.at("plain").get<double>(),
                          goal};
    };
    return {against("float", "processor_ms", "ours", std::nullopt),
            against("fake quantization", "processor_ms", "quantized", 1 / 1.3),
            against("float, wall time", "wall_ms", "ours", std::nullopt),
            against("fake quantization, wall time", "wall_ms", "quantized", 1 / 1.3)};
}

void run_training(const Options& options) {
    if (!fs::is_directory(options.data))
        throw std::runtime_error(options.data.string() + ": no such folder of recordings");
    const auto project = find_application(options.application);
    const bool word = project.decision.kind == project::DecisionRule::class_probability;
    auto rows = word ? WordBench(options).run() : class_rows(options, project);
    if (options.fit) {
        const auto fitted = fit_rows(options, project);
        rows.insert(rows.end(), fitted.begin(), fitted.end());
    }
    const auto speed = speed_rows();
    rows.insert(rows.end(), speed.begin(), speed.end());
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_training(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    const char* shared = std::getenv("GANGLION_SHARED");
    options->data =
        (shared != nullptr ? fs::path(shared) : source_root() / ".." / "shared") / "data";
    auto* training = add_command(
        bench, "training",
        "What the trained wake word does, by the device's own pipeline: words missed by unseen\n"
        "speakers, in quiet and in noise; false alarms over every recording without the word; its\n"
        "memory. Noise of kitchens is one recording, which training heard too. Of an application\n"
        "that tells classes apart: windows of the test split that are right, and its cost.",
        "./ganglion bench training --json training.json\n"
        "  ./ganglion train apps/wake_word --data recordings --word computer --out my/computer\n"
        "  ./ganglion bench training --application my/computer");
    training->add_option("--data", options->data, "folder of recordings")->capture_default_str();
    training->add_option("--application", options->application, "a wake word, or classes")
        ->capture_default_str();
    training->add_flag(
        "--fit", options->fit,
        "also train it anew from the recordings to a signed bundle and report, in a\n"
        "folder that is removed again, and say how long that took (minutes)");
    training->add_option("--json", options->json, "also write the rows to this file");
    training->callback([options] { run_training(*options); });
}

}  // namespace ganglion::cli
