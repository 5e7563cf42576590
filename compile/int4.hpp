#pragma once

#include <optional>
#include <span>

#include "compile/pack.hpp"
#include "model/graph.hpp"

// int4 weights: two a byte in a .tflite, eight a word in a program.

namespace ganglion::compile {

/// The graph with each constant int4 tensor as int8, the same values: what every pass and operator
/// knows. Throws std::runtime_error where a computed tensor is int4.
model::Graph with_int8_weights(const model::Graph& graph);

/// A convolution or matrix product whose weights all fit 4 bits, which lie in `constants`, with
/// these packed; as pack() otherwise. Empty where they do not fit, or where padding to whole words
/// would take what packing saves.
std::optional<Packed> pack_int4(const Operation& operation, std::span<const uint8_t> constants,
                                uint32_t offset);

}  // namespace ganglion::compile
