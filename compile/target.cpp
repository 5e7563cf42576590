#include "compile/target.hpp"

#include <stdexcept>
#include <string>

namespace ganglion::compile {
namespace {

constexpr Target kTargets[] = {
    {"portable", false},   {"cortex-m0", false}, {"cortex-m3", false},
    {"cortex-m4", true},   {"cortex-m7", true},  {"cortex-m33", true},
    {"cortex-m55", false}, {"rv32imc", false},   {"x86-64", false, true},
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
