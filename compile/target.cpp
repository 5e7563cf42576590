#include "compile/target.hpp"

#include <stdexcept>
#include <string>

namespace ganglion::compile {
namespace {

constexpr Target kTargets[] = {
    {.name = "portable"},
    {.name = "cortex-m0", .pairs_pixels = true},
    {.name = "cortex-m3", .pairs_pixels = true, .pairs_outputs = true},
    {.name = "cortex-m4", .packs_weights = true},
    {.name = "cortex-m7", .packs_weights = true},
    {.name = "cortex-m33", .packs_weights = true},
    {.name = "cortex-m55", .packs_weights = true, .keeps_dense_layers = true},
    {.name = "rv32imc", .pairs_pixels = true},
    {.name = "x86-64", .interleaves_weights = true},
};

}  // namespace

std::span<const Target> known_targets() {
    return kTargets;
}

Target target_by_name(std::string_view name) {
    std::string names;
    for (const Target& target : kTargets) {
        if (target.name == name) return target;
        names += (names.empty() ? "" : ", ") + std::string(target.name);
    }
    throw std::runtime_error("unknown target '" + std::string(name) + "'; known targets: " + names);
}

}  // namespace ganglion::compile
