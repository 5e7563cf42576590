#include <fmt/core.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "bench/row.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "fleet/testing/chaos.hpp"

namespace ganglion::cli {
namespace {

using fleet::testing::ChaosConfig;
using fleet::testing::ChaosResult;

/// What may fail: the row's name, and who runs it.
struct Kind {
    const char* bench;
    ChaosResult (*run)(const ChaosConfig&);
};
const std::map<std::string, Kind> kKinds{
    {"machine", {"chaos", fleet::testing::run_chaos}},
    {"cluster", {"chaos on a cluster", fleet::testing::run_cluster_chaos}},
    {"shared-broker", {"chaos at a shared broker", fleet::testing::run_shared_broker_chaos}},
    {"outage", {"a gateway's outage", fleet::testing::run_outage_chaos}}};

struct Options {
    uint32_t rounds = 200, devices = 4;
    uint64_t seed = 1;
    std::string kind = "machine";
    std::filesystem::path work, json;
    std::vector<std::string> part;
};

void run(const Options& options) {
    ProgressLine line;
    ChaosConfig config;
    config.directory = options.work;
    config.rounds = options.rounds;
    config.devices = options.devices;
    config.seed = options.seed;
    config.part = {"/proc/self/exe", "bench", "chaos-part"};
    config.progress = [&](uint32_t round, const std::string& what) {
        line.show("chaos", static_cast<double>(round) / options.rounds, 0, what);
    };
    std::filesystem::remove_all(options.work);
    const Kind& kind = kKinds.at(options.kind);
    const ChaosResult result = kind.run(config);
    line.finish();
    fmt::print(
        "{} events in flash, {} acknowledged, {} stored, {} damaged on the device\n"
        "{} through the gateway, {} without room on its disk\n"
        "killed: device {}, gateway {}, broker {}, its power {}, server {}, database {}, edge {}, "
        "node {}; network cut {} times\n",
        result.appended, result.acknowledged, result.stored, result.damaged, result.promised,
        result.dropped, result.device_kills, result.gateway_kills, result.broker_kills,
        result.broker_power_losses, result.server_kills, result.database_kills, result.edge_kills,
        result.node_kills, result.network_cuts);
    std::vector<bench::Row> rows;
    const auto add = [&](const char* name, uint64_t value, std::optional<double> goal,
                         const char* unit = "events") {
        rows.push_back({.bench = kind.bench,
                        .name = name,
                        .value = static_cast<double>(value),
                        .unit = unit,
                        .peer = {},
                        .peer_value = {},
                        .goal = goal});
    };
    add("in flash", result.appended, std::nullopt);
    add("through the gateway", result.promised, std::nullopt);
    add("without room at the gateway, named", result.dropped, std::nullopt);
    if (result.disk_bytes > 0)
        add("gateway's disk, most", result.disk_bytes, std::nullopt, "bytes");
    add("acknowledged and missing", result.acknowledged_missing, 0);
    add("missing", result.missing, 0);
    add("duplicates", result.duplicates, 0);
    add("gap ledger wrong", result.gaps_wrong, 0);
    add("devices that wait for ever", result.waiting_forever, 0);
    fmt::print("{}", bench::to_text(rows));
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
    if (!result.is_clean())
        throw std::runtime_error("something was lost; all files are in " + options.work.string());
    std::filesystem::remove_all(options.work);
}

}  // namespace

void add_bench_chaos(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    options->work = std::filesystem::temp_directory_path() / "ganglion-bench-chaos";
    auto* command = add_command(
        bench, "chaos",
        "Devices, gateway, broker, server, database and network fail at random under load; then\n"
        "what devices were promised is compared with what the store holds.",
        "./ganglion bench chaos --rounds 200 --json chaos.json");
    command->add_option("--rounds", options->rounds, "failures")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command->add_option("--devices", options->devices, "processes, one each")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "of the order of failures")->capture_default_str();
    command
        ->add_option("kind", options->kind,
                     "machine: one server with its broker; cluster: three NATS nodes, two servers "
                     "on PostgreSQL and two edges; shared-broker: two servers on PostgreSQL at one "
                     "mosquitto; outage: a gateway without its network for weeks")
        ->check(CLI::IsMember({"machine", "cluster", "shared-broker", "outage"}))
        ->capture_default_str();
    command->add_option("--work", options->work, "folder for all files; removed when all is well")
        ->capture_default_str();
    command->add_option("--json", options->json, "also write the rows to this file");
    command->callback([options] { run(*options); });
    // A part of it, started by itself.
    auto* part = bench.add_subcommand("chaos-part", "")->group("");
    part->add_option("arguments", options->part);
    part->callback([options] { std::exit(fleet::testing::run_chaos_part(options->part)); });
}

}  // namespace ganglion::cli
