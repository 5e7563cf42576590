#include "bench/updates/bench_updates.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <random>

#include "bench/updates/bench_rollouts.hpp"
#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"
#include "compile/bundle_signature.hpp"
#include "model/tflite.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    bool exhaustive = false;
    uint32_t rollouts = 0;
    uint32_t devices = 0;
    uint32_t connections = 0;
    std::vector<std::filesystem::path> firmware;
    std::filesystem::path json;
};

// The application with all weights of its last layer drawn anew, or (`tuned`) moved by up to two
// steps as fine-tuning does.
std::vector<uint8_t> with_another_head(const std::string& name, const std::string& key,
                                       bool tuned) {
    project::Project project = find_application(name);
    model::Graph graph = model::read_tflite_file(project.model_file);
    for (auto op = graph.operators.rbegin(); op != graph.operators.rend(); ++op) {
        if (op->inputs.size() < 2 || op->inputs[1] < 0) continue;
        auto& weights = graph.tensors[static_cast<size_t>(op->inputs[1])].data;
        if (weights.empty()) continue;
        std::mt19937 random(1);
        for (uint8_t& weight : weights) {
            const int before = (weight ^ 0x80) - 0x80;  // as a signed byte
            const int after =
                tuned ? std::clamp(before + static_cast<int>(random() % 5) - 2, -127, 127)
                      : static_cast<int>(random() % 255) - 127;
            weight = static_cast<uint8_t>(after);
        }
        break;
    }
    const auto file =
        std::filesystem::temp_directory_path() / ("ganglion-head-" + name + ".tflite");
    write_file(file, model::write_tflite(graph));
    project.model_file = file;
    auto bundle = build_application(project, key).bundle;
    std::filesystem::remove(file);
    return bundle;
}

void run_updates(const Options& options) {
    ProgressLine line;
    const auto start = std::chrono::steady_clock::now();
    const auto progress = [&](const std::string& part, double fraction) {
        const double passed =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        line.show("updates", fraction, fraction > 0 ? passed / fraction - passed : 0, part);
    };
    std::vector<bench::Row> rows = bench::memory_rows();
    const auto add = [&](std::vector<bench::Row> more) {
        rows.insert(rows.end(), more.begin(), more.end());
    };
    const auto firmware = source_root() / "build" / "cortex-m4" / "firmware";
    add(bench::boot_loader_rows(firmware / "boot.elf"));
    const std::string key = compile::generate_signing_key();
    const std::string name = "wake_word";
    progress("delta of " + name, 0);
    const std::vector<uint8_t> base = build_application(find_application(name), key).bundle;
    rows.push_back(bench::delta_row("delta, " + name + ", head fine-tuned", base,
                                    with_another_head(name, key, true), 0.15));
    // What no coder can say in less than itself: no goal but its own size.
    rows.push_back(bench::delta_row("delta, " + name + ", head drawn anew", base,
                                    with_another_head(name, key, false), std::nullopt));
    if (options.firmware.size() == 2)
        rows.push_back(bench::delta_row("delta, firmware", bench::load_elf(options.firmware[0]),
                                        bench::load_elf(options.firmware[1]), 0.20));
    if (options.rollouts > 0) add(bench::gate_rows(options.rollouts, progress));
    if (options.devices > 0) add(bench::fleet_rows(options.devices, progress));
    if (options.connections > 0) add(bench::connection_rows(options.connections, progress));
    add(bench::power_cut_rows(options.exhaustive, progress));
    line.finish();
    std::cout << bench::to_text(rows);
    if (!options.json.empty()) write_text(options.json, bench::to_json(rows).dump(2) + "\n");
}

}  // namespace

void add_bench_updates(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    auto* updates = add_command(
        bench, "updates",
        "Size of deltas, of the boot loader and of the updater; updates of simulated devices\n"
        "whose power is cut within flash operations. One device that does not boot, decide and\n"
        "come to the end fails the benchmark. On request also rollouts: releases that are worse\n"
        "unnoticed by the devices, and a fleet that takes a release in stages.",
        "./ganglion bench updates --json updates.json\n"
        "  ./ganglion bench updates --rollouts 100 --devices 1000000 --connections 15000\n"
        "  ./ganglion bench updates --exhaustive");
    updates->add_flag("--exhaustive", options->exhaustive,
                      "cut every operation in 34 ways, and every recovery in every operation");
    updates
        ->add_option("--rollouts", options->rollouts,
                     "simulated rollouts each of good releases and of quietly worse ones; 0: none")
        ->capture_default_str();
    updates
        ->add_option("--devices", options->devices,
                     "simulated devices that take a staged release while the server is killed; 0: "
                     "none")
        ->capture_default_str();
    updates
        ->add_option("--connections", options->connections,
                     "devices with real connections (MQTT over TLS) that take a staged release "
                     "while server and broker are killed; 0: none")
        ->check(CLI::Range(0, 60'000))
        ->capture_default_str();
    updates
        ->add_option("--firmware", options->firmware,
                     "two builds of a firmware (ELF), old and new: also their delta")
        ->expected(2);
    updates->add_option("--json", options->json, "also write the rows to this file");
    updates->callback([options] { run_updates(*options); });
}

}  // namespace ganglion::cli
