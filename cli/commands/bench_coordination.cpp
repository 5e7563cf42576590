#include "bench/coordination/bench_coordination.hpp"

#include <iostream>
#include <memory>

#include "bench/coordination/live_grid.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "paths.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    bench::CoordinationBench bench;
    bench::grid::LiveOptions live;
    std::filesystem::path json;
};

void run_coordination(Options& options) {
    ProgressLine line;
    std::vector<bench::Row> rows;
    options.bench.progress = [&](const std::string& part, double fraction) {
        line.show("coordination", fraction, 0, part);
    };
    const auto add = [&](std::vector<bench::Row> more) {
        rows.insert(rows.end(), more.begin(), more.end());
    };
    add(bench::grid_rows(options.bench));
    line.show("coordination", 0.9, 0, "faults");
    add(bench::fault_rows(options.bench));
    add(bench::together_rows(options.bench));
    line.show("coordination", 0.97, 0, "cycles");
    add(bench::cycle_rows(options.bench));
    if (options.live.scene.homes != 0) {
        options.live.scene.data = options.bench.scene.data;
        options.live.scene.seed = options.bench.scene.seed;
        options.live.scene.days = 1;
        options.live.progress = [&](const std::string& part) {
            line.show("coordination", 0.99, 0, part);
        };
        add(bench::grid::live_rows(options.live));
    }
    line.finish();
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_coordination(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    options->live.scene.homes = 0;
    options->bench.scene.data =
        std::filesystem::path(GANGLION_SOURCE_DIR) / ".." / "shared" / "data" / "grid";
    auto* command = add_command(
        bench, "coordination",
        "The smart grid: homes with sun, batteries, cars and heat pumps over the same days under "
        "no\n"
        "coordination, local rules, the coordinator, and the optimum with perfect foresight; "
        "faults\n"
        "that are injected; time and bytes of a cycle; what new devices gain from what others of "
        "their kind\nhave learned, without anybody's samples.",
        "./ganglion bench coordination --json coordination.json\n"
        "  ./ganglion bench coordination --homes 500 --days 2 --seed 7 --cycle-homes 10000\n"
        "  ./ganglion bench coordination --live 1000");
    auto& scene = options->bench.scene;
    command->add_option("--homes", scene.homes, "homes of the region, 50 on a feeder")
        ->check(CLI::Range(100, 20'000))
        ->capture_default_str();
    command->add_option("--days", scene.days, "days that count, after 22 of learning")
        ->check(CLI::Range(1, 5))
        ->capture_default_str();
    command->add_option("--seed", scene.seed, "of homes, weather and cars")->capture_default_str();
    command->add_option("--data", scene.data, "folder with the recordings of shared/data/grid");
    command->add_option("--cycle-homes", options->bench.cycle_homes, "time cycles of so many homes")
        ->capture_default_str();
    command
        ->add_option("--live", options->live.scene.homes,
                     "also run a server and so many homes as its real clients; 0: do not")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command->add_option("--live-hours", options->live.hours, "that they live through")
        ->check(CLI::Range(1, 24))
        ->capture_default_str();
    command->add_option("--live-speed", options->live.speed, "times as fast as the clock")
        ->check(CLI::Range(1, 900))
        ->capture_default_str();
    command->add_option("--json", options->json, "also write the rows to this file");
    command->callback([options] { run_coordination(*options); });
}

}  // namespace ganglion::cli
