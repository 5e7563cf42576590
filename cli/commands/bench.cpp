#include <cstdlib>
#include <iostream>
#include <memory>

#include "bench/engine/bench_engine.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path shared;
    std::filesystem::path work;
    std::filesystem::path json;
};

std::filesystem::path default_shared() {
    if (const char* given = std::getenv("GANGLION_SHARED")) return given;
    return source_root() / ".." / "shared";
}

void run_engine(const Options& options) {
    const auto rows = bench::bench_engine(options.shared, options.work);
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench(CLI::App& program) {
    auto options = std::make_shared<Options>();
    options->shared = default_shared();
    options->work = std::filesystem::temp_directory_path() / "ganglion-bench";
    auto* command = add_command(program, "bench", "Measure Ganglion against its peers",
                                "./ganglion bench engine --json engine.json");
    command->require_subcommand(1);
    auto* engine = add_command(*command, "engine",
                               "Instructions, RAM and flash of the engine on the emulated "
                               "Cortex-M4F, outputs compared with the golden ones",
                               "./ganglion bench engine --json engine.json");
    engine->add_option("--shared", options->shared, "folder with models/ and golden/")
        ->capture_default_str();
    engine->add_option("--work", options->work, "folder for the images it builds")
        ->capture_default_str();
    engine->add_option("--json", options->json, "also write the rows to this file");
    engine->callback([options] { run_engine(*options); });
}

}  // namespace ganglion::cli
