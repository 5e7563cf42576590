// `ganglion train`: a program of its own, because libtorch takes a second to load.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "cli/application.hpp"
#include "cli/files.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/run_program.hpp"
#include "project/spoken.hpp"
#include "train/fit/fit.hpp"
#include "train/report/settings.hpp"

namespace {

namespace cli = ganglion::cli;
namespace train = ganglion::train;

/// What the command line says beyond what a fit takes.
struct Place {
    std::string application;
    std::string word;           ///< in place of the application's own; empty: that one
    std::filesystem::path out;  ///< empty: beside the application's ganglion.toml
};

/// What another word is to reach: [judge.goals] in place of the application's own.
std::string with_goals(const std::string& toml, bool recorded_word) {
    return fmt::format("{}\n[judge.goals]\nmissed = {}\n\"false alarms\" = 0.5\n",
                       train::without_section(toml, "judge.goals"), recorded_word ? 8 : 20);
}

/// The application's description copied to a folder of its own, where the model will be too.
ganglion::project::Project copied(const ganglion::project::Project& project, const Place& place,
                                  bool recorded_word) {
    std::string text = cli::read_text(project.path);
    if (!place.word.empty()) {
        if (project.decision.kind != ganglion::project::DecisionRule::class_probability)
            throw std::runtime_error(project.path.string() + ": --word is for wake words");
        const std::string quoted = '"' + place.word + '"';
        text = train::with_setting(text, "application", "name", quoted);
        text = train::with_setting(text, "application", "title", "\"Wake word " + place.word + '"');
        text = train::with_setting(text, "application", "description",
                                   "\"Hears the word " + place.word + ".\"");
        text = train::with_setting(text, "decision", "labels", "[\"other\", " + quoted + ']');
        text = train::with_setting(text, "decision", "label", quoted);
        text = with_goals(text, recorded_word);
        // Chosen for the word that the application has.
        if (const auto tempo = ganglion::project::Spoken().slowest_tempo;
            ganglion::project::read_spoken(project.path).slowest_tempo != tempo)
            text = train::with_setting(text, "training", "slowest_tempo", fmt::to_string(tempo));
    }
    std::filesystem::create_directories(place.out);
    const auto file = place.out / "ganglion.toml";
    cli::write_text(file, text);
    return ganglion::project::read(file);
}

void run(const Place& place, const train::TrainOptions& options) {
    auto project = cli::find_application(place.application);
    if (!place.word.empty() && place.out.empty())
        throw std::runtime_error("--word: name a folder for it with --out");
    if (options.threshold &&
        project.decision.kind != ganglion::project::DecisionRule::class_probability)
        throw std::runtime_error(project.path.string() + ": --threshold is for wake words");
    if (!place.out.empty()) project = copied(project, place, options.recorded_word);
    cli::ProgressLine line;
    const auto result = train::fit(project, options, [&](const train::Progress& progress) {
        line.show(progress.phase, progress.fraction, progress.seconds_left, progress.note);
    });
    line.finish();
    std::cout << result.summary << "\nwrote " << result.model.string() << ", "
              << result.card.string() << " and the threshold " << result.threshold << " in "
              << project.path.string() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program("Train an application's model from recordings, choose its threshold, judge it",
                     "ganglion train");
    Place place;
    train::TrainOptions options;
    options.work_dir = "ganglion-train";
    options.stop = &ganglion::cli::interrupted();
    program.add_option("application", place.application, "name in apps/, folder or ganglion.toml")
        ->required();
    program.add_option("--data", options.data,
                       "folder of recordings with a manifest.csv in each of its folders");
    program.add_option("--out", place.out,
                       "folder for a copy of the description, the model and what is said of it;\n"
                       "without: beside the application's own description");
    program.add_option(
        "--word", place.word,
        "wake word, with --out: another word in place of the application's, a label\n"
        "of the recordings or one that text-to-speech says");
    program.add_option("--work", options.work_dir, "folder for features kept between runs")
        ->capture_default_str();
    program
        .add_option("--device", options.device,
                    "cpu, or cuda: the first NVIDIA card, where libtorch sees one")
        ->capture_default_str();
    program.add_flag("!--no-synthetic-speech", options.synthetic_speech,
                     "wake word: do not train on text-to-speech");
    program.add_flag(
        "!--no-recorded-word", options.recorded_word,
        "wake word: say the word by text-to-speech alone, though there are recordings");
    program.add_flag("--keep-model", options.keep_model,
                     "wake word: fit nothing; choose the threshold of the model that is there and\n"
                     "judge it, e.g. after a change of [decision]");
    program
        .add_option("--threshold", options.threshold,
                    "wake word, permille: take this one, e.g. from a cross-validation, in place\n"
                    "of choosing it on the validation split")
        ->check(CLI::Range(1, 999));
    program.footer(
        "Ctrl-C keeps what was reached so far and goes on to judging it; the same command then "
        "goes\n"
        "on with a wake word's fit from there.\n"
        "Example:\n  ./ganglion train apps/wake_word --data recordings\n"
        "  ./ganglion train apps/wake_word --data recordings --word computer --out my/computer");
    ganglion::cli::catch_interrupts();
    return ganglion::cli::run_program(program, argc, argv, [&] { run(place, options); });
}
