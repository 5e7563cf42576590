#pragma once

#include <array>
#include <string_view>

#include "compile/random_elements.hpp"
#include "compile/random_graph.hpp"

// What is compared at random: compiled programs with the plain interpreter, on every target and
// every set of kernels, here and in the emulator. A new operator adds one row, its graphs made by a
// function of its own; the interpreter (reference.hpp) must know it.

namespace ganglion::compile {

struct RandomCase {
    std::string_view name;
    model::Graph (*make)(RandomGraph& random);
    uint32_t seeds;  ///< fixed ones, 1 to this, at each run of the tests
};

inline constexpr std::array kRandomCases = {
    RandomCase{"layer", [](RandomGraph& random) { return random.layer(); }, 1500},
    RandomCase{"network", [](RandomGraph& random) { return random.network(); }, 100},
    RandomCase{"chain", [](RandomGraph& random) { return random.chain(); }, 100},
    RandomCase{"pair", random_pair, 800},
    RandomCase{"reduction", random_reduction, 300},
    RandomCase{"arg_max", random_arg_max, 100},
    RandomCase{"function", random_function, 60},
    RandomCase{"groups", random_groups, 200},
    RandomCase{"moves", [](RandomGraph& random) { return random.moves(); }, 600},
};

}  // namespace ganglion::compile
