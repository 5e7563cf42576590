#include <stdexcept>

#include "bench/engine/bench_engine.hpp"
#include "bench/engine/fit_costs.hpp"
#include "bench/engine/measure.hpp"

// Built where the cross compiler or the emulator was absent.

namespace ganglion::bench {

std::vector<Row> bench_engine(const EngineBench&) {
    throw std::runtime_error(
        "the engine's benchmark needs arm-none-eabi-g++ and qemu-system-arm: install "
        "gcc-arm-none-eabi and qemu-system-arm, then configure again");
}

bool can_measure(const compile::Target&) {
    return false;
}

void measure(const model::Graph&, const compile::Target& target, const compile::CompileOptions&,
             const std::filesystem::path&, bool, compile::ModelReport&) {
    throw std::runtime_error("no cross compiler or emulator for " + std::string(target.name));
}

std::vector<KernelFit> fit_costs(const CostFit&) {
    throw std::runtime_error(
        "no processor is emulated in this build: install the packages of "
        "packages.txt and configure again");
}

std::string to_table(const std::vector<KernelFit>&) {
    return {};
}

std::string to_text(const std::vector<KernelFit>&) {
    return {};
}

}  // namespace ganglion::bench
