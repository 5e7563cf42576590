#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/progress.hpp"
#include "model/tflite.hpp"
#include "train/evaluate/motor_judgement.hpp"
#include "train/evaluate/word_judgement.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::string application;
    std::filesystem::path data;
    std::string split = "test";
};

std::string percent(double share) {
    return fmt::format("{:.1f} %", 100 * share);
}

double share(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void print_rate(const char* what, uint64_t count, double hours, double rate,
                const train::Interval& interval) {
    fmt::print("{:<14} {} in {:.2f} h: {:.2f} per hour [{:.2f}, {:.2f}]\n", what, count, hours,
               rate, interval.low, interval.high);
}

void print_missed(uint64_t missed, uint64_t all, const std::vector<std::string>& names) {
    const auto interval = train::wilson_interval(missed, all);
    fmt::print("{:<14} {} of {}: {} [{}, {}]\n", "missed", missed, all, percent(share(missed, all)),
               percent(interval.low), percent(interval.high));
    for (const auto& name : names) fmt::print("  {}\n", name);
}

void evaluate_word(const project::Project& project, const train::DeviceRun& device,
                   const Options& options) {
    const std::string& word = project.decision.labels.at(project.decision.label);
    ProgressLine line;
    const auto begun = std::chrono::steady_clock::now();
    const auto run = train::run_streams(
        device, train::clip_streams(options.data, options.split, word),
        [&](size_t done, size_t all) { line.show("evaluate", share(done, all), 0, ""); });
    line.finish();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    double heard = 0;
    for (const auto& stream : run.streams)
        heard += static_cast<double>(stream.samples.size()) / project.sensor.rate_hz;
    const auto result =
        train::judge(device, run, project.decision.threshold, project.sensor.rate_hz);
    print_missed(result.missed, result.words, result.missed_names);
    print_rate("false alarms", result.false_alarms, result.hours, result.false_alarms_per_hour(),
               result.false_alarm_rate());
    for (const auto& [label, count] : result.false_alarm_labels)
        fmt::print("  {} in {}\n", count, label);
    fmt::print("{:<14} {:.0f} × real time, the device's own integer pipeline\n", "speed",
               heard / seconds);
}

void evaluate_motor(const project::Project& project, const train::DeviceRun& device,
                    const Options& options) {
    const auto learned = train::read_vibrations(project, options.data, "train");
    const auto judged = train::read_vibrations(project, options.data, options.split);
    const auto result =
        train::judge(device, train::run_recorded(project, device, learned, judged, judged),
                     project.decision.threshold, project.sensor.rate_hz);
    print_missed(result.missed, result.faults, result.missed_names);
    print_rate("false alarms", result.false_alarms, result.healthy_hours,
               result.false_alarms_per_hour(), result.false_alarm_rate());
    fmt::print("{:<14} median {:.0f} ms, worst {:.0f} ms from the first faulty sample\n", "delay",
               1000 * result.median_delay_s(), 1000 * result.worst_delay_s());
    fmt::print("{:<14} {:.4f} over the averaged scores\n", "ROC area", result.roc_area);
}

void run(const Options& options) {
    if (!std::filesystem::is_directory(options.data))
        throw std::runtime_error(options.data.string() + ": no such folder of recordings");
    const auto project = find_application(options.application);
    const train::DeviceRun device(project, model::read_tflite_file(project.model_file));
    fmt::print("{} {}, threshold {} permille, split {}\n", project.application.title,
               project.application.version, project.decision.threshold, options.split);
    if (project.decision.kind == project::DecisionRule::class_probability)
        evaluate_word(project, device, options);
    else
        evaluate_motor(project, device, options);
}

}  // namespace

void add_evaluate(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "evaluate",
        "Judge an application's decisions over recordings with the device's own integer pipeline",
        "./ganglion evaluate wake_word --data recordings --split test");
    command
        ->add_option("application", options->application, "name in apps/, folder or ganglion.toml")
        ->required();
    command
        ->add_option("--data", options->data,
                     "folder of recordings with a manifest.csv in each of its folders")
        ->required();
    command->add_option("--split", options->split, "train, val or test")
        ->capture_default_str()
        ->check(CLI::IsMember({"train", "val", "test"}));
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
