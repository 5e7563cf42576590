#include "bench/engine/measure.hpp"

#include <algorithm>

#include "bench/engine/chip_image.hpp"
#include "compile/compile.hpp"
#include "device/program/program.hpp"

namespace ganglion::bench {
namespace {

/// The counts belong to operations; the layers inside a loop count at the loop's own line.
std::vector<uint64_t> by_layer(const std::vector<compile::LayerReport>& layers,
                               const std::vector<uint64_t>& counts) {
    std::vector<uint64_t> result;
    result.reserve(layers.size());
    auto count = counts.begin();
    for (const compile::LayerReport& layer : layers)
        result.push_back(layer.turns > 1 || count == counts.end() ? 0 : *count++);
    return result;
}

}  // namespace

bool can_measure(const compile::Target& target) {
    return std::any_of(std::begin(chip::kToolchains), std::end(chip::kToolchains),
                       [&](const auto& toolchain) { return toolchain.target == target.name; });
}

void measure(const model::Graph& graph, const compile::Target& target,
             const compile::CompileOptions& options, const std::filesystem::path& work, bool counts,
             compile::ModelReport& report) {
    std::filesystem::create_directories(work);
    compile::emit_cpp(graph, target, work, "network", options);
    const ChipImages images(chip::toolchain_of(target.name), work);
    const uint32_t arena = report.report.arena_bytes;
    const ChipImages::Size size = images.minimal_size(arena);
    const ChipImages::Stack stack = images.stack();
    report.firmware = {images.flash_parts(arena), size.flash, size.static_data, stack.bound,
                       stack.touched};
    if (!counts) return;
    const compile::CompiledModel compiled = compile::compile(graph, target, options);
    Program program;
    if (program.load(compiled.program) != Status::ok)
        throw std::runtime_error("the compiled program does not load");
    const std::vector<int8_t> input(program.input().bytes);
    report.instructions = by_layer(report.report.layers, images.profile(compiled.program, input));
}

}  // namespace ganglion::bench
