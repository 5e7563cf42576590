#pragma once

#include <cstdint>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::compile {

/// The same function with operators computed beforehand whose inputs all are constants: weights
/// that are converted, reshaped or transposed, sums and concatenations of constants. int8 operators
/// are run by the kernels that would run them on the device; moves of any type, QUANTIZE from and
/// DEQUANTIZE to float32 as the reference kernels define them. `graph` is valid; what cannot be
/// computed stays, and lowering says what is wrong with it.
model::Graph fold_constants(const model::Graph& graph);

/// The outputs of one operator whose inputs all are constants, in bytes. Throws std::runtime_error
/// where they cannot be computed.
std::vector<std::vector<uint8_t>> computed(const model::Graph& graph, const model::Operator& op);

}  // namespace ganglion::compile
