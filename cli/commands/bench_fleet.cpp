#include "bench/fleet/bench_fleet.hpp"

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    std::filesystem::path json, work;
    uint32_t devices = 10'000, events = 1'000'000, registered = 1'000'000, messages = 8'000,
             viewed = 100'000;
    std::vector<std::string> only;
};

struct Part {
    const char* name;
    double share;  ///< of the time that all take
    std::function<std::vector<bench::Row>()> rows;
};

std::vector<Part> parts_of(const Options& options) {
    return {
        {"insight", 0.2, [] { return bench::insight_rows(); }},
        {"store", 0.2, [&] { return bench::store_rows(options.work); }},
        {"end-to-end", 0.1, [&] { return bench::end_to_end_rows(options.work, options.messages); }},
        {"registry", 0.1, [&] { return bench::registry_rows(options.work, options.registered); }},
        {"queries", 0.15,
         [&] { return bench::query_rows(options.work, options.devices, options.events); }},
        {"page", 0.05,
         [&] { return bench::first_view_rows(options.work, source_root(), options.viewed); }},
        {"postgres", 0.2, [&] { return bench::postgres_rows(options.devices, options.events); }},
    };
}

void run_fleet(const Options& options) {
    ProgressLine line;
    std::vector<bench::Row> rows;
    double done = 0;
    for (const Part& part : parts_of(options)) {
        line.show("fleet", done, 0, part.name);
        done += part.share;
        if (!options.only.empty() &&
            std::ranges::find(options.only, part.name) == options.only.end())
            continue;
        const std::vector<bench::Row> more = part.rows();
        rows.insert(rows.end(), more.begin(), more.end());
    }
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
    command
        ->add_option("--only", options->only,
                     "parts: insight, store, end-to-end, registry, queries, page, postgres")
        ->check(CLI::IsMember(
            {"insight", "store", "end-to-end", "registry", "queries", "page", "postgres"}));
    command->add_option("--work", options->work, "folder for the store")->capture_default_str();
    command->add_option("--json", options->json, "also write the rows to this file");
    command->callback([options] { run_fleet(*options); });
}

}  // namespace ganglion::cli
