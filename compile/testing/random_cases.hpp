#pragma once

#include <array>
#include <string_view>

#include "compile/testing/random_elements.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/random_images.hpp"
#include "compile/testing/random_int16.hpp"
#include "compile/testing/random_sequences.hpp"

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
    RandomCase{"upsampling", random_upsampling, 300},
    RandomCase{"padded", random_padded, 300},
    RandomCase{"resize", random_resized, 300},
    RandomCase{"products", random_products, 300},
    RandomCase{"int16_layer", random_int16_layer, 600},
    RandomCase{"int16_chain", random_int16_chain, 100},
    RandomCase{"int16_elements", random_int16_elements, 300},
    RandomCase{"int16_images", random_int16_images, 300},
    RandomCase{"int4", random_int4, 400},
    RandomCase{"lstm", random_lstm, 100},
    RandomCase{"svdf", random_svdf, 100},
};

}  // namespace ganglion::compile
