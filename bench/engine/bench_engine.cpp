#include "bench/engine/bench_engine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "bench/engine/baseline.hpp"
#include "bench/engine/chip_image.hpp"
#include "bench/engine/features.hpp"
#include "bench/engine/reference.hpp"
#include "bench/engine/x86.hpp"
#include "compile/compile.hpp"
#include "model/tflite.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kTargets = {"cortex-m4", "cortex-m55", "cortex-m3",
                                                      "cortex-m0"};
constexpr std::string_view kHost = "x86-64";  // needs no emulator
constexpr size_t kRuns = 3;
constexpr size_t kStreamedRuns = 24;               // more: their first outputs all are 0
constexpr const char* kSizesTarget = "cortex-m4";  // where the peer's RAM and flash are recorded
constexpr double kMostLoadedInstructions = 1.05;   // of the linked-in form's
constexpr double kMostLoadedRam = 1024;            // bytes beyond the linked-in form's
constexpr double kMostSetUp = 0.05;                // of one inference
constexpr double kMostEstimateError = 0.02;        // of the instructions that are counted
constexpr double kMostStackBound = 1.25;           // of the stack touched: paths not taken

/// A model whose input is a window of frames that moves on.
struct Streamed {
    std::string_view model;
    uint32_t new_frames;
};
constexpr std::array<Streamed, 2> kStreamed{{{"kws", 2}, {"sww", 1}}};
constexpr double kMostStreamed = 0.35;  // of the whole window's instructions

double median_of(std::vector<uint64_t> counts, std::string_view model) {
    if (counts.empty())
        throw std::runtime_error(std::string(model) + ": no instructions were counted");
    std::sort(counts.begin(), counts.end());
    return static_cast<double>(counts[counts.size() / 2]);
}

/// One model on one processor.
class Measurement {
  public:
    Measurement(const Baseline& baseline, const InstructionsOn& on, const EngineBench& bench,
                std::vector<Row>& rows)
        : baseline_(baseline),
          on_(on),
          folder_(bench.work / baseline.model / on.target),
          graph_(model::read_tflite_file(bench.shared / "models" /
                                         (std::string(baseline.model) + ".tflite"))),
          target_(compile::target_by_name(on.target)),
          compiled_(compile::compile(graph_, target_)),
          reference_(read_reference(bench.shared, baseline.model, kRuns)),
          rows_(rows) {
        if (reference_.is_stream)
            reference_ = read_reference(bench.shared, baseline.model, kStreamedRuns);
        fs::create_directories(folder_);
        compile::emit_cpp(graph_, target_, folder_);
    }

    void run() {
        const ChipImages images(chip::toolchain_of(on_.target), folder_);
        const ChipImages::Runs linked = images.run_linked(reference_.inputs);
        const ChipImages::Runs loaded = images.run_loaded(reference_.inputs, compiled_.program);
        check_bits(linked, "linked-in");
        check_bits(loaded, "loaded");
        add_instructions(linked, loaded);
        if (on_.target == kSizesTarget) add_sizes(images);
        const auto streamed = std::find_if(kStreamed.begin(), kStreamed.end(), [&](const auto& of) {
            return of.model == baseline_.name;
        });
        if (streamed != kStreamed.end())
            add_streamed(*streamed, median_of(linked.instructions, baseline_.name));
    }

  private:
    void check_bits(const ChipImages::Runs& runs, const char* form) const {
        if (runs.outputs != reference_.outputs) {
            throw std::runtime_error(
                fmt::format("{} on {}: the outputs of the {} form differ from the reference's",
                            baseline_.name, on_.target, form));
        }
    }

    void add(std::string_view what, double value, const char* unit, const char* peer,
             const Mark& mark) {
        rows_.push_back({"engine", fmt::format("{} {} {}", baseline_.name, what, on_.target), value,
                         unit, mark.peer ? peer : "", mark.peer, mark.goal});
    }
    void add(std::string_view what, double value, const char* unit, const Mark& mark) {
        add(what, value, unit, kPeer, mark);
    }

    void add_instructions(const ChipImages::Runs& linked, const ChipImages::Runs& loaded) {
        const double of_linked = median_of(linked.instructions, baseline_.name);
        const double of_loaded = median_of(loaded.instructions, baseline_.name);
        add("instructions", of_linked, "instructions", on_.mark);
        add("instructions of the loaded form", of_loaded, "instructions", "Ganglion, linked-in",
            {of_linked, kMostLoadedInstructions});
        add_estimate("instructions estimated", compiled_.report.estimated_instructions, of_linked);
        add_estimate("instructions of the loaded form estimated",
                     compiled_.report.estimated_loaded_instructions, of_loaded);
        add("set-up at boot", static_cast<double>(linked.set_up), "instructions", {{}, 0.0});
        add("set-up at boot of the loaded form", static_cast<double>(loaded.set_up), "instructions",
            "one inference of the same program", {of_loaded, kMostSetUp});
        add("installation of the loaded form", static_cast<double>(loaded.install), "instructions",
            {});
    }

    /// What the compiler knew without running anything.
    void add_estimate(std::string_view what, uint64_t estimate, double counted) {
        const double error = std::abs(static_cast<double>(estimate) / counted - 1);
        add(what, static_cast<double>(estimate), "instructions", "counted in emulation",
            {counted, {}});
        add(fmt::format("{}, relative error", what), error, "", {{}, kMostEstimateError});
    }

    void add_sizes(const ChipImages& images) {
        const compile::Report& report = compiled_.report;
        const ChipImages::Size size = images.minimal_size(report.arena_bytes);
        const ChipImages::Size loaded =
            images.minimal_loaded_size(compiled_.program, report.arena_bytes);
        const auto bytes = [&](const char* what, uint64_t value, const Mark& mark) {
            add(what, static_cast<double>(value), "bytes", mark);
        };
        bytes("RAM", report.arena_bytes + size.static_data, baseline_.ram);
        bytes("RAM of the loaded form beyond the linked-in one",
              loaded.static_data - size.static_data, {{}, kMostLoadedRam});
        bytes("flash", size.flash, baseline_.flash);
        bytes("flash without the model's constants", size.flash - report.constant_bytes,
              baseline_.runtime_flash);
        bytes("flash of the loaded form", loaded.flash, {});
        const ChipImages::Stack stack = images.stack();
        if (stack.touched > stack.bound)
            throw std::runtime_error(fmt::format("{} on {}: {} bytes of stack are above the bound",
                                                 baseline_.name, on_.target, stack.touched));
        bytes("stack", static_cast<double>(stack.touched), {});
        add("stack's bound from the code", static_cast<double>(stack.bound), "bytes",
            "what a run touches of a painted stack",
            {static_cast<double>(stack.touched), kMostStackBound});
    }

    /// The model over a live stream: only new frames are computed, each result with the bits of the
    /// whole window that ends there.
    void add_streamed(const Streamed& streamed, double of_whole) {
        const fs::path folder = folder_ / "streamed";
        fs::create_directories(folder);
        const compile::CompileOptions options{.ram_bytes = {}, .new_frames = streamed.new_frames};
        const compile::Report report =
            compile::emit_cpp(graph_, target_, folder, "network", options);
        const ChipImages images(chip::toolchain_of(on_.target), folder);
        const ChipImages::Runs runs = images.run_linked(reference_.inputs);
        // The inputs, one after another, are the stream.
        const size_t window = reference_.inputs.size() / reference_.runs;
        const size_t step = window / report.window_frames * report.new_frames;
        const size_t first = (window + step - 1) / step - 1;
        std::vector<int8_t> windows;
        for (size_t run = first; (run + 1) * step <= reference_.inputs.size(); ++run) {
            const auto end =
                reference_.inputs.begin() + static_cast<std::ptrdiff_t>((run + 1) * step);
            windows.insert(windows.end(), end - static_cast<std::ptrdiff_t>(window), end);
        }
        const ChipImages whole(chip::toolchain_of(on_.target), folder_);
        const std::vector<int8_t> expected = whole.run_linked(windows).outputs;
        const size_t out = reference_.outputs.size() / reference_.runs;
        if (expected.empty() || runs.outputs.size() != expected.size() + first * out ||
            !std::equal(expected.begin(), expected.end(),
                        runs.outputs.begin() + static_cast<std::ptrdiff_t>(first * out))) {
            throw std::runtime_error(
                fmt::format("{} on {}: the streamed outputs differ from the whole windows'",
                            baseline_.name, on_.target));
        }
        add_estimate("streamed, instructions of a run estimated", report.estimated_instructions,
                     median_of(runs.instructions, baseline_.name));
        add(fmt::format("streamed, each of {} new of {} frames,", report.new_frames,
                        report.window_frames),
            median_of(runs.instructions, baseline_.name) / report.new_frames, "instructions",
            "Ganglion, the whole window", {of_whole, kMostStreamed});
    }

    const Baseline& baseline_;
    const InstructionsOn& on_;
    fs::path folder_;
    model::Graph graph_;
    compile::Target target_;
    compile::CompiledModel compiled_;
    Reference reference_;
    std::vector<Row>& rows_;
};

template <typename List>
bool wanted(const List& names, std::string_view name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

/// Throws where a filter names what is not measured.
template <typename Known>
void check_names(const std::vector<std::string>& given, const Known& known, const char* what) {
    for (const std::string& name : given) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw std::runtime_error(
                fmt::format("unknown {} '{}'; known: {}", what, name, fmt::join(known, ", ")));
    }
}

}  // namespace

std::vector<Row> bench_engine(const EngineBench& bench) {
    if (!fs::exists(bench.shared / "models") || !fs::exists(bench.shared / "golden")) {
        throw std::runtime_error("the reference models are not in " + bench.shared.string() +
                                 "; set GANGLION_SHARED to the folder that holds models/ and "
                                 "golden/");
    }
    std::vector<std::string_view> models;
    models.reserve(std::size(kBaselines));
    for (const Baseline& baseline : kBaselines) models.push_back(baseline.name);
    check_names(bench.models, models, "model");
    std::vector<std::string_view> targets(kTargets.begin(), kTargets.end());
    targets.push_back(kHost);
    check_names(bench.targets, targets, "target");
    std::vector<std::pair<const Baseline*, const InstructionsOn*>> parts;
    for (const Baseline& baseline : kBaselines) {
        for (const InstructionsOn& on : baseline.instructions) {
            const bool exists =
                std::find(kTargets.begin(), kTargets.end(), on.target) != kTargets.end();
            if (exists && wanted(bench.models, baseline.name) && wanted(bench.targets, on.target))
                parts.emplace_back(&baseline, &on);
        }
    }
    std::vector<Row> rows;
    for (size_t i = 0; i < parts.size(); ++i) {
        const auto& [baseline, on] = parts[i];
        if (bench.on_progress)
            bench.on_progress(fmt::format("{} on {}", baseline->name, on->target),
                              static_cast<double>(i) / static_cast<double>(parts.size()));
        Measurement(*baseline, *on, bench, rows).run();
    }
    for (const std::string_view target : kTargets) {
        if (!bench.models.empty() || !wanted(bench.targets, target)) continue;
        if (bench.on_progress) bench.on_progress(fmt::format("features on {}", target), 1.0);
        const auto of_features =
            bench_features(chip::toolchain_of(target), bench.work / "features" / target);
        rows.insert(rows.end(), of_features.begin(), of_features.end());
    }
    if (wanted(bench.targets, kHost)) {
        if (bench.on_progress) bench.on_progress("this machine", 1.0);
        const std::vector<Row> of_host = bench_x86(bench.shared, bench.models);
        rows.insert(rows.end(), of_host.begin(), of_host.end());
    }
    return rows;
}

}  // namespace ganglion::bench
