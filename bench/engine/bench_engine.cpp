#include "bench/engine/bench_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "bench/engine/baseline.hpp"
#include "bench/engine/chip_image.hpp"
#include "compile/compile.hpp"
#include "model/tflite.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRuns = 3;

std::vector<int8_t> read_values(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path.string() + ": cannot open");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The first inputs of the reference and the bytes it answers.
struct Golden {
    std::vector<int8_t> inputs, outputs;
};

Golden read_golden(const fs::path& shared, const std::string& model) {
    std::ifstream file(shared / "golden/index.json");
    if (!file) throw std::runtime_error((shared / "golden/index.json").string() + ": cannot open");
    const auto index = nlohmann::json::parse(file);
    for (const auto& entry : index["models"]) {
        if (entry["model"] != "models/" + model + ".tflite") continue;
        Golden golden{read_values(shared / entry["inputs"].get<std::string>()),
                      read_values(shared / entry["outputs"].get<std::string>())};
        const auto count = entry["count"].get<size_t>();
        const size_t runs = std::min(count, kRuns);
        golden.inputs.resize(golden.inputs.size() / count * runs);
        golden.outputs.resize(golden.outputs.size() / count * runs);
        return golden;
    }
    throw std::runtime_error((shared / "golden/index.json").string() + ": tells nothing of " +
                             model);
}

double median_of(std::vector<uint64_t> counts, const char* model) {
    if (counts.empty())
        throw std::runtime_error(std::string(model) + ": no instructions were counted");
    std::sort(counts.begin(), counts.end());
    return static_cast<double>(counts[counts.size() / 2]);
}

void check_bits(const ChipImages::Runs& runs, const Golden& golden, const char* model) {
    if (runs.outputs != golden.outputs) {
        throw std::runtime_error(std::string(model) +
                                 ": the chip's outputs differ from the reference's");
    }
}

void measure(const Baseline& baseline, const fs::path& shared, const fs::path& work,
             std::vector<Row>& rows) {
    const model::Graph graph =
        model::read_tflite_file(shared / "models" / (std::string(baseline.model) + ".tflite"));
    const compile::Target target = compile::target_by_name("cortex-m4");
    const compile::CompiledModel compiled = compile::compile(graph, target);
    const compile::Report report = compile::emit_cpp(graph, target, work);
    const Golden golden = read_golden(shared, baseline.model);
    const ChipImages images(work);
    const ChipImages::Runs linked = images.run_linked(golden.inputs);
    const ChipImages::Runs loaded = images.run_loaded(golden.inputs, compiled.program);
    check_bits(linked, golden, baseline.name);
    check_bits(loaded, golden, baseline.name);
    const ChipImages::Size size = images.minimal_size(report.arena_bytes);

    const auto add = [&](const char* what, double value, const char* unit, double peer_value,
                         std::optional<double> goal) {
        rows.push_back({"engine", fmt::format("{} {} cortex-m4", baseline.name, what), value, unit,
                        kPeer, peer_value, goal});
    };
    add("instructions", median_of(linked.instructions, baseline.name), "instructions",
        baseline.instructions, baseline.instructions_goal);
    add("instructions of the loaded program", median_of(loaded.instructions, baseline.name),
        "instructions", baseline.instructions, baseline.instructions_goal);
    add("RAM", static_cast<double>(report.arena_bytes + size.static_data), "bytes", baseline.ram,
        baseline.ram_goal);
    add("flash", static_cast<double>(size.flash), "bytes", baseline.flash, baseline.flash_goal);
    add("flash without the model's constants",
        static_cast<double>(size.flash - report.constant_bytes), "bytes", baseline.runtime_flash,
        baseline.runtime_goal);
    rows.push_back({"engine",
                    fmt::format("{} stack cortex-m4", baseline.name),
                    static_cast<double>(images.stack_bytes()),
                    "bytes",
                    "",
                    {},
                    {}});
}

}  // namespace

std::vector<Row> bench_engine(const fs::path& shared, const fs::path& work) {
    if (!fs::exists(shared / "models") || !fs::exists(shared / "golden")) {
        throw std::runtime_error("the reference models are not in " + shared.string() +
                                 "; set GANGLION_SHARED to the folder that holds models/ and "
                                 "golden/");
    }
    std::vector<Row> rows;
    for (const Baseline& baseline : kBaselines) {
        const fs::path folder = work / baseline.name;
        fs::create_directories(folder);
        measure(baseline, shared, folder, rows);
    }
    return rows;
}

}  // namespace ganglion::bench
