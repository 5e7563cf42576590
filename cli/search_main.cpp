// `ganglion search`: a program of its own, because libtorch takes a second to load.
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/application.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/run_program.hpp"
#include "train/search/search.hpp"

namespace {

void run(const std::string& application, const ganglion::train::SearchOptions& options) {
    const auto project = ganglion::cli::find_application(application);
    ganglion::cli::ProgressLine line;
    const auto result = ganglion::train::search(
        project, options,
        [&](const ganglion::train::Progress& progress) {
            line.show(progress.phase, progress.fraction, progress.seconds_left, progress.note);
        },
        ganglion::cli::interrupted());
    line.finish();
    std::cout << result.summary << "\nwrote " << result.page.string() << ", "
              << result.table.string() << " and the best in " << result.pick.string() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program(
        "Look for the features, network, smoothing and threshold that do best within a budget.\n"
        "Candidates that exceed it, by the compiler, are never fitted; weak ones are given up "
        "early\n"
        "(successive halving). Only the training and validation splits are looked at.",
        "ganglion search");
    std::string application;
    ganglion::train::SearchOptions options;
    options.work_dir = "ganglion-search";
    program.add_option("application", application, "name in apps/, folder or ganglion.toml")
        ->required();
    program
        .add_option("--data", options.data,
                    "folder of recordings with a manifest.csv in each of its folders")
        ->required();
    program.add_option("--budget", options.budget,
                       "ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz: any of the three");
    program.add_option("--candidates", options.candidates, "that are fitted at first")
        ->capture_default_str();
    program.add_option("--jobs", options.parallel, "fitted at a time")->capture_default_str();
    program.add_option("--seed", options.seed, "of the draw")->capture_default_str();
    program
        .add_option("--work", options.work_dir,
                    "folder for all that is reached; the same command goes on from there")
        ->capture_default_str();
    program
        .add_option("--device", options.device,
                    "cpu, or cuda: the first NVIDIA card, where libtorch sees one")
        ->capture_default_str();
    program.add_flag("!--no-synthetic-speech", options.synthetic_speech,
                     "wake word: do not train on text-to-speech");
    program.footer(
        "Ctrl-C or a crash loses at most the candidates being fitted: start it again.\n"
        "Example:\n  ./ganglion search apps/wake_word --data recordings \\\n"
        "      --budget ram=16KB,flash=64KB,ms=10@cortex-m4:64MHz");
    ganglion::cli::catch_interrupts();
    return ganglion::cli::run_program(program, argc, argv, [&] { run(application, options); });
}
