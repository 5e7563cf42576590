#include "bench/fleet/bench_fleet.hpp"

#include <iostream>
#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path json, work;
    uint32_t devices = 10'000, events = 1'000'000, registered = 1'000'000, messages = 8'000,
             viewed = 100'000;
};

void run_fleet(const Options& options) {
    ProgressLine line;
    std::vector<bench::Row> rows;
    const auto add = [&](const std::string& part, double fraction, std::vector<bench::Row> more) {
        rows.insert(rows.end(), more.begin(), more.end());
        line.show("fleet", fraction, 0, part);
    };
    line.show("fleet", 0, 0, "insight");
    add("store", 0.2, bench::insight_rows());
    add("end to end", 0.4, bench::store_rows(options.work));
    add("registry", 0.5, bench::end_to_end_rows(options.work, options.messages));
    add("queries", 0.6, bench::registry_rows(options.work, options.registered));
    add("page", 0.75, bench::query_rows(options.work, options.devices, options.events));
    add("PostgreSQL", 0.8, bench::first_view_rows(options.work, source_root(), options.viewed));
    add("PostgreSQL", 1, bench::postgres_rows(options.devices, options.events));
    line.finish();
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_fleet(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    options->work = std::filesystem::temp_directory_path() / "ganglion-bench-fleet";
    auto* command =
        add_command(bench, "fleet",
                    "Time per event of the store, events from devices to the store against the "
                    "broker alone, time\n"
                    "of a page's queries over many devices and events, restart to serving, and how "
                    "right the insight is on simulated fleets whose truth is known.",
                    "./ganglion bench fleet --json fleet.json\n"
                    "  ./ganglion bench fleet --devices 100000 --events 20000000");
    command->add_option("--devices", options->devices, "of the store that is asked")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--events", options->events, "in that store")
        ->check(CLI::Range(20, 100'000'000))
        ->capture_default_str();
    command->add_option("--registered", options->registered, "devices of a store without events")
        ->check(CLI::Range(100, 10'000'000))
        ->capture_default_str();
    command->add_option("--messages", options->messages, "sent by devices, end to end")
        ->check(CLI::Range(100, 10'000'000))
        ->capture_default_str();
    command->add_option("--viewed", options->viewed, "of the fleet whose page a browser opens")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--work", options->work, "folder for the store")->capture_default_str();
    command->add_option("--json", options->json, "also write the rows to this file");
    command->callback([options] { run_fleet(*options); });
}

}  // namespace ganglion::cli
