#include "bench/updates/bench_updates.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <random>
#include <utility>

#include "bench/updates/bench_rollouts.hpp"
#include "cli/application.hpp"
#include "cli/commands/commands.hpp"
#include "cli/figures.hpp"
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

struct OtherHead {
    std::vector<uint8_t> bundle;
    size_t weights = 0;  ///< bytes
};

// The application with all weights of its last layer drawn anew, or (`tuned`) moved by up to two
// steps as fine-tuning does.
OtherHead with_another_head(project::Project project, const std::string& key, bool tuned) {
    model::Graph graph = model::read_tflite_file(project.model_file);
    OtherHead made;
    for (auto op = graph.operators.rbegin(); op != graph.operators.rend(); ++op) {
        if (op->inputs.size() < 2 || op->inputs[1] < 0) continue;
        auto& weights = graph.tensors[static_cast<size_t>(op->inputs[1])].data;
        if (weights.empty()) continue;
        made.weights = weights.size();
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
    const auto file = std::filesystem::temp_directory_path() /
                      ("ganglion-head-" + project.application.name + ".tflite");
    write_file(file, model::write_tflite(graph));
    project.model_file = file;
    made.bundle = build_application(project, key).bundle;
    std::filesystem::remove(file);
    return made;
}

std::vector<bench::Row> delta_rows(const bench::Progress& progress) {
    std::vector<bench::Row> rows;
    const std::string key = compile::generate_signing_key();
    for (const project::Project& project : all_applications()) {
        if (!std::filesystem::exists(project.model_file)) continue;
        progress("delta of " + project.application.name, 0);
        const std::vector<uint8_t> base = build_application(project, key).bundle;
        rows.push_back(bench::delta_row("delta, " + project.application.name + ", head fine-tuned",
                                        base, with_another_head(project, key, true).bundle, 0.15));
        // What no coder can say in less than itself.
        const OtherHead anew = with_another_head(project, key, false);
        rows.push_back(bench::delta_row(fmt::format("delta, {}, head of {} weights drawn anew",
                                                    project.application.name, anew.weights),
                                        base, anew.bundle, 0.15));
    }
    return rows;
}

/// Rows as they come: a part that fails takes none of those before with it.
class Rows {
  public:
    explicit Rows(std::filesystem::path json) : json_(std::move(json)) {}

    bench::Progress progress() {
        return [this](const std::string& part, double fraction) {
            const auto now = std::chrono::steady_clock::now();
            if (std::exchange(part_, part) != part) since_ = now;
            const double passed = std::chrono::duration<double>(now - since_).count();
            line_.show(part, fraction, fraction > 0 ? passed / fraction - passed : 0, "");
        };
    }
    void add(const std::vector<bench::Row>& more) {
        line_.finish();
        if (more.empty()) return;
        std::cout << bench::to_text(more) << std::flush;
        rows_.insert(rows_.end(), more.begin(), more.end());
        if (!json_.empty()) write_text(json_, bench::to_json(rows_).dump(2) + "\n");
    }

  private:
    std::filesystem::path json_;
    std::vector<bench::Row> rows_;
    ProgressLine line_;
    std::string part_;
    std::chrono::steady_clock::time_point since_;
};

void run_updates(const Options& options) {
    Rows rows(options.json);
    const bench::Progress progress = rows.progress();
    const auto firmware = source_root() / "build" / "cortex-m4" / "firmware";
    rows.add(bench::memory_rows());
    rows.add(bench::boot_loader_rows(firmware / "boot.elf"));
    rows.add(delta_rows(progress));
    std::vector<std::filesystem::path> builds = options.firmware;
    if (builds.empty()) builds = {firmware / "firmware_slot.elf", firmware / "firmware_mute.elf"};
    if (!options.firmware.empty() ||
        std::ranges::all_of(builds, [](const auto& file) { return std::filesystem::exists(file); }))
        rows.add({bench::delta_row("delta, firmware, " + builds[0].filename().string() + " to " +
                                       builds[1].filename().string(),
                                   bench::load_elf(builds[0]), bench::load_elf(builds[1]), 0.20)});
    if (options.rollouts > 0) rows.add(bench::gate_rows(options.rollouts, progress));
    if (options.devices > 0) rows.add(bench::fleet_rows(options.devices, progress));
    if (options.connections > 0) rows.add(bench::connection_rows(options.connections, progress));
    rows.add(bench::power_cut_rows(options.exhaustive, progress));
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
        ->add_option(
            "--firmware", options->firmware,
            "two builds of a firmware (ELF), old and new, for their delta; else, where the board's "
            "firmware is built, that and the one with a function more")
        ->expected(2);
    updates->add_option("--json", options->json, "also write the rows to this file");
    updates->callback([options] { run_updates(*options); });
}

}  // namespace ganglion::cli
