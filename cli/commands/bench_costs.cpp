#include <iostream>
#include <memory>

#include "bench/engine/fit_costs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/files.hpp"
#include "cli/progress.hpp"

namespace ganglion::cli {
namespace {

struct Options {
    bench::CostFit fit;
    bool writes = false;
};

void run(Options& options) {
    ProgressLine line;
    options.fit.on_progress = [&](const std::string& part, double fraction) {
        line.show("costs", fraction, 0, part);
    };
    const std::vector<bench::KernelFit> fits = bench::fit_costs(options.fit);
    line.finish();
    std::cout << bench::to_text(fits);
    if (!options.writes) return;
    const auto path = source_root() / "compile/cost/coefficients.inc";
    write_text(path, bench::to_table(fits));
    std::cout << "wrote " << path.string() << "; build again\n";
}

}  // namespace

void add_bench_costs(CLI::App& bench) {
    auto options = std::make_shared<Options>();
    options->fit.work = std::filesystem::temp_directory_path() / "ganglion-costs";
    auto* command = add_command(
        bench, "costs",
        "Fit the compiler's estimate of instructions: counts thousands of random layers on every\n"
        "emulated processor, fits a coefficient to each thing that a kernel does, and says by how\n"
        "much the estimates of layers that were left out err.",
        "./ganglion bench costs --write\n"
        "  ./ganglion bench costs --target cortex-m4");
    auto* target = command->add_option("--target", options->fit.targets,
                                       "only this processor; may be repeated (default: all)");
    command->add_option("--work", options->fit.work, "folder for images and counts")
        ->capture_default_str();
    command
        ->add_flag("--write", options->writes,
                   "put the coefficients into compile/cost/coefficients.inc")
        ->excludes(target);
    command->callback([options] { run(*options); });
}

}  // namespace ganglion::cli
