// `ganglion train`: a program of its own, because libtorch takes a second to load.
#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <iostream>

#include "cli/application.hpp"
#include "cli/progress.hpp"
#include "train/fit/fit.hpp"

namespace {

std::atomic<bool> stop = false;

void on_interrupt(int signal) {
    stop = true;
    std::signal(signal, SIG_DFL);
}

void run(const std::string& application, const ganglion::train::TrainOptions& options) {
    const auto project = ganglion::cli::find_application(application);
    ganglion::cli::ProgressLine line;
    const auto result =
        ganglion::train::fit(project, options, [&](const ganglion::train::Progress& progress) {
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
    std::string application;
    ganglion::train::TrainOptions options;
    options.work_dir = "ganglion-train";
    options.stop = &stop;
    program.add_option("application", application, "name in apps/, folder or ganglion.toml")
        ->required();
    program.add_option("--data", options.data,
                       "folder of recordings with a manifest.csv in each of its folders");
    program.add_option("--work", options.work_dir, "folder for features kept between runs")
        ->capture_default_str();
    program.add_flag("!--no-synthetic-speech", options.synthetic_speech,
                     "wake word: do not train on text-to-speech");
    program.add_flag(
        "!--no-recorded-word", options.recorded_word,
        "wake word: say the word by text-to-speech alone, though there are recordings");
    program.add_flag("--keep-model", options.keep_model,
                     "wake word: fit nothing; choose the threshold of the model that is there and\n"
                     "judge it, e.g. after a change of [decision]");
    program.footer(
        "Ctrl-C keeps what was reached so far and goes on to judging it; the same command then "
        "goes\n"
        "on with a wake word's fit from there.\n"
        "Example:\n  ./ganglion train apps/wake_word --data recordings");
    std::signal(SIGINT, on_interrupt);
    try {
        program.parse(argc, argv);
        run(application, options);
        return 0;
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception& error) {
        std::cerr << "ganglion: " << error.what() << '\n';
        return 1;
    }
}
