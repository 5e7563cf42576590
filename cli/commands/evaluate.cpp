#include <fmt/core.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/figures.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::string application;
    std::filesystem::path data;
    std::string split = "test";
    std::filesystem::path json;
};

void run(const Options& options) {
    const auto project = find_application(options.application);
    fmt::print("{} {}, split {}\n", project.application.title, project.application.version,
               options.split);
    ProgressLine line;
    const auto judged =
        judge_on(project, options.data, options.split, [&](size_t done, size_t all) {
            line.show("evaluate",
                      all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(all), 0, "");
        });
    line.finish();
    fmt::print("{}", to_text(judged));
    if (!options.json.empty()) {
        write_text(options.json, bench::to_json(to_rows(project, judged)).dump(2) + "\n");
    }
}

}  // namespace

void add_evaluate(CLI::App& program) {
    auto options = std::make_shared<Options>();
    auto* command = add_command(
        program, "evaluate",
        "Judge an application's decisions over recordings with the device's own integer pipeline",
        "./ganglion evaluate wake_word --data recordings --split test --json figures.json");
    command
        ->add_option("application", options->application, "name in apps/, folder or ganglion.toml")
        ->required();
    command
        ->add_option("--data", options->data,
                     "folder of recordings with a manifest.csv in each of its folders")
        ->required();
    command->add_option("--split", options->split, "train, val, test or all")
        ->capture_default_str()
        ->check(CLI::IsMember({"train", "val", "test", "all"}));
    command->add_option("--json", options->json, "also write the figures to this file");
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
