#include "bench/engine/fit_costs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>

#include "bench/engine/chip_image.hpp"
#include "bench/engine/cost_graphs.hpp"
#include "bench/engine/emulation.hpp"
#include "bench/engine/nnls.hpp"
#include "bench/engine/unrolled.hpp"
#include "compile/compile.hpp"
#include "compile/cost/cost.hpp"
#include "compile/lower.hpp"

namespace ganglion::bench {
namespace {

namespace fs = std::filesystem;
using compile::cost::Events;

// Of the small graphs of compile/testing/random_cases.hpp; most for what has many kinds.
constexpr uint32_t kSmallSeeds = 60;
constexpr uint32_t kManySmallSeeds = 400;
constexpr std::string_view kMany[] = {"pair", "int16_elements", "int16_layer", "upsampling",
                                      "moves"};
constexpr uint32_t kJudgeEvery = 5;
constexpr uint32_t kLinkedSeeds = 5;  // each a compilation and a run
constexpr size_t kMostProgram = 1024 * 1024;
constexpr size_t kMostArena = 512 * 1024;

struct Sample {
    std::vector<double> times;
    double count;
    bool judges;
};

/// A graph, lowered for a processor.
struct Case {
    model::Graph graph;
    compile::CompileOptions options;
    compile::Lowered lowered, unrolled;
    std::vector<int8_t> input;
    bool judges;

    bool has_loops() const { return lowered.operations.size() != unrolled.operations.size(); }
    ProfileCase looped_case() const { return {compile::write_program(lowered), input}; }
    ProfileCase unrolled_case() const { return {compile::write_program(unrolled), input}; }
};

class Fit {
  public:
    Fit(const chip::Toolchain& toolchain, fs::path work)
        : toolchain_(toolchain),
          target_(compile::target_by_name(toolchain.target)),
          kernels_(compile::cost::kernels_of(toolchain.target).value()),
          work_(std::move(work)) {
        fs::create_directories(work_);
    }

    std::vector<KernelFit> run() {
        make_cases();
        count_kernels();
        count_loops();
        count_surroundings();
        std::vector<KernelFit> fits;
        for (const auto& [kernel, samples] : samples_) fits.push_back(fitted(kernel, samples));
        return fits;
    }

  private:
    void make_cases() {
        const auto add = [&](const compile::RandomCase& row, uint32_t seeds) {
            const std::string_view name = row.name;
            for (uint32_t seed = 1; seed <= seeds; ++seed) {
                make_case(row, seed, {});
                if (name == "chain" || name == "network") make_case(row, seed, {.ram_bytes = 0});
            }
        };
        for (const compile::RandomCase& row : kCostCases) add(row, row.seeds);
        for (const compile::RandomCase& row : compile::kRandomCases) {
            const bool many =
                std::find(std::begin(kMany), std::end(kMany), row.name) != std::end(kMany);
            add(row, std::min(row.seeds, many ? kManySmallSeeds : kSmallSeeds));
        }
    }

    void make_case(const compile::RandomCase& row, uint32_t seed,
                   const compile::CompileOptions& options) {
        RandomGraph random(seed);
        Case one{row.make(random), options, {}, {}, {}, seed % kJudgeEvery == 0};
        one.lowered = compile::lower(one.graph, target_, options);
        one.unrolled = unrolled(one.lowered);
        one.input = random.values(one.lowered.inputs[0].bytes);
        if (one.lowered.report.arena_bytes > kMostArena ||
            compile::write_program(one.unrolled).size() > kMostProgram)
            return;
        cases_.push_back(std::move(one));
    }

    void add(std::string_view kernel, const Events& events, double count, bool judges) {
        if (count > 0) samples_[std::string(kernel)].push_back({events.times(), count, judges});
    }

    /// Each operation on its own, those in loops in every turn.
    void count_kernels() {
        std::vector<ProfileCase> programs;
        for (const Case& one : cases_) programs.push_back(one.unrolled_case());
        const std::vector<uint64_t> counts = profile(toolchain_, work_, programs);
        auto count = counts.begin();
        for (const Case& one : cases_) {
            double sum = 0;
            for (const compile::Operation& operation : one.unrolled.operations) {
                if (count == counts.end()) throw std::runtime_error("too few counts");
                const auto of_kernel = static_cast<double>(*count++);
                sum += of_kernel;
                add(compile::kernel_name(compile::header_of(operation).kind),
                    compile::cost::events_of(operation, one.lowered.constants, kernels_), of_kernel,
                    one.judges);
            }
            kernel_sums_.push_back(sum);
        }
    }

    /// Loops of a loadable program, less what they run.
    void count_loops() {
        std::vector<ProfileCase> programs;
        std::vector<const Case*> looped;
        for (const Case& one : cases_) {
            if (!one.has_loops()) continue;
            looped.push_back(&one);
            programs.push_back(one.unrolled_case());
            programs.push_back(one.looped_case());
        }
        const std::vector<uint64_t> counts = profile(toolchain_, work_, programs);
        auto count = counts.begin();
        for (const Case* one : looped) {
            auto single = count;
            count += static_cast<std::ptrdiff_t>(one->unrolled.operations.size());
            const auto& operations = one->lowered.operations;
            for (size_t i = 0; i < operations.size(); ++i) {
                const auto* loop = std::get_if<RepeatOp>(&operations[i]);
                const auto whole = static_cast<double>(*count++);
                if (loop == nullptr) {
                    ++single;
                    continue;
                }
                double inner = 0;
                for (uint32_t n = 0; n < uint32_t{loop->turns} * loop->operation_count; ++n)
                    inner += static_cast<double>(*single++);
                add("repeat", compile::cost::repeat_events(*loop), whole - inner, one->judges);
                i += loop->operation_count;
            }
        }
    }

    /// Whole programs in both forms, less their kernels.
    void count_surroundings() {
        uint32_t plain = 0;
        uint32_t loops = 0;
        for (size_t i = 0; i < cases_.size(); ++i) {
            const Case& one = cases_[i];
            if (one.lowered.inputs.size() != 1 || one.lowered.operations.size() < 3) continue;
            uint32_t& done = one.has_loops() ? loops : plain;
            if (done++ >= kLinkedSeeds) continue;
            const auto around =
                compile::cost::surroundings_of(one.lowered.operations, one.lowered.reset.size());
            const fs::path folder = work_ / "network";
            fs::create_directories(folder);
            compile::emit_cpp(one.graph, target_, folder, "network", one.options);
            const ChipImages images(toolchain_, folder);
            const auto linked = static_cast<double>(images.run_linked(one.input).instructions[0]);
            add(compile::cost::kLinked, around.linked, linked - kernel_sums_[i], false);
            if (one.has_loops()) continue;
            const auto loaded = static_cast<double>(
                images.run_loaded(one.input, compile::write_program(one.lowered)).instructions[0]);
            add(compile::cost::kLoaded, around.loaded, loaded - kernel_sums_[i], false);
        }
    }

    /// Least squares of relative errors.
    static std::vector<double> coefficients_of(const std::vector<Sample>& samples, bool all) {
        std::vector<std::vector<double>> rows;
        for (const Sample& sample : samples) {
            if (sample.judges && !all) continue;
            std::vector<double> row = sample.times;
            for (double& times : row) times /= sample.count;
            rows.push_back(std::move(row));
        }
        return nnls(rows, std::vector<double>(rows.size(), 1));
    }

    /// Judged without the samples that judge, then fitted with them too.
    KernelFit fitted(const std::string& kernel, const std::vector<Sample>& samples) const {
        KernelFit fit{std::string(target_.name), kernel, {}, 0, 0, 0, 0};
        const std::vector<double> judged = coefficients_of(samples, false);
        std::vector<double> errors;
        for (const Sample& sample : samples) {
            if (!sample.judges) continue;
            double estimate = 0;
            for (size_t i = 0; i < judged.size(); ++i) estimate += judged[i] * sample.times[i];
            errors.push_back(std::abs(estimate / sample.count - 1));
        }
        std::sort(errors.begin(), errors.end());
        fit.others = errors.size();
        fit.samples = samples.size() - fit.others;
        if (!errors.empty()) {
            fit.error = errors[errors.size() * 19 / 20];
            fit.worst_error = errors.back();
        }
        fit.coefficients = coefficients_of(samples, true);
        return fit;
    }

    const chip::Toolchain& toolchain_;
    compile::Target target_;
    compile::cost::Kernels kernels_;
    fs::path work_;
    std::vector<Case> cases_;
    std::vector<double> kernel_sums_;  // of each case
    std::map<std::string, std::vector<Sample>> samples_;
};

}  // namespace

std::vector<KernelFit> fit_costs(const CostFit& fit) {
    std::vector<KernelFit> fits;
    double done = 0;
    for (const chip::Toolchain& toolchain : chip::kToolchains) {
        const bool wanted = fit.targets.empty() || std::find(fit.targets.begin(), fit.targets.end(),
                                                             toolchain.target) != fit.targets.end();
        if (fit.on_progress)
            fit.on_progress(std::string(toolchain.target), done / std::size(chip::kToolchains));
        ++done;
        if (!wanted) continue;
        const std::vector<KernelFit> of_target = Fit(toolchain, fit.work / toolchain.target).run();
        fits.insert(fits.end(), of_target.begin(), of_target.end());
    }
    if (fits.empty()) throw std::runtime_error("no such target is emulated in this build");
    return fits;
}

std::string to_table(const std::vector<KernelFit>& fits) {
    std::string text = "// Written by `./ganglion bench costs --write`: compile/cost/cost.hpp.\n";
    for (const KernelFit& fit : fits) {
        text += fmt::format("{{\"{}\", \"{}\", {{", fit.target, fit.kernel);
        for (size_t i = 0; i < fit.coefficients.size(); ++i)
            text += fmt::format("{}{:.5g}", i == 0 ? "" : ", ", fit.coefficients[i]);
        text += "}},\n";
    }
    return text;
}

std::string to_text(const std::vector<KernelFit>& fits) {
    std::string text = fmt::format("{:<12} {:<26} {:>8} {:>8} {:>10} {:>10}\n", "processor",
                                   "kernel", "fitted", "others", "95 % within", "worst");
    for (const KernelFit& fit : fits) {
        text +=
            fmt::format("{:<12} {:<26} {:>8} {:>8} {:>8.2f} % {:>8.2f} %\n", fit.target, fit.kernel,
                        fit.samples, fit.others, 100 * fit.error, 100 * fit.worst_error);
    }
    return text;
}

}  // namespace ganglion::bench
