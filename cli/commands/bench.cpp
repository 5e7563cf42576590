#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "bench/engine/bench_engine.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    bench::EngineBench bench;
    std::filesystem::path json;
};

std::filesystem::path default_shared() {
    if (const char* given = std::getenv("GANGLION_SHARED")) return given;
    return source_root() / ".." / "shared";
}

void run_engine(Options& options) {
    using Clock = std::chrono::steady_clock;
    ProgressLine line;
    const Clock::time_point start = Clock::now();
    options.bench.on_progress = [&](const std::string& part, double fraction) {
        const double passed = std::chrono::duration<double>(Clock::now() - start).count();
        line.show("engine", fraction, fraction > 0 ? passed / fraction - passed : 0, part);
    };
    const std::vector<bench::Row> rows = bench::bench_engine(options.bench);
    line.finish();
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench(CLI::App& program) {
    auto options = std::make_shared<Options>();
    options->bench.shared = default_shared();
    options->bench.work = std::filesystem::temp_directory_path() / "ganglion-bench";
    auto* command = add_command(program, "bench", "Measure Ganglion against its peers",
                                "./ganglion bench engine --json engine.json");
    command->require_subcommand(1);
    auto* engine = add_command(
        *command, "engine",
        "Instructions, RAM, flash and stack of the engine on emulated processors, beside the\n"
        "recorded baseline of TensorFlow Lite Micro with CMSIS-NN. Every output must equal the\n"
        "reference's bits, or the benchmark fails. What is counted are instructions, not cycles.",
        "./ganglion bench engine --json engine.json\n"
        "  ./ganglion bench engine --target cortex-m4 --model kws --model \"mww alexa\"");
    engine->add_option("--target", options->bench.targets,
                       "only this processor; may be repeated (default: all)");
    engine->add_option("--model", options->bench.models,
                       "only this model; may be repeated (default: all)");
    engine->add_option("--shared", options->bench.shared, "folder with models/ and golden/")
        ->capture_default_str();
    engine->add_option("--work", options->bench.work, "folder for the images it builds")
        ->capture_default_str();
    engine->add_option("--json", options->json, "also write the rows to this file");
    engine->callback([options] { run_engine(*options); });
    add_bench_applications(*command);
    add_bench_coordination(*command);
    add_bench_costs(*command);
    add_bench_fleet(*command);
    add_bench_chaos(*command);
    add_bench_training(*command);
    add_bench_updates(*command);
}

}  // namespace ganglion::cli
