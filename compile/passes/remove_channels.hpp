#pragma once

#include "model/graph.hpp"

namespace ganglion::compile {

/// The same function with fewer channels: a channel goes where it is provably constant (its largest
/// and smallest sums give one output, as all-zero weights do) and its readers can fold that value
/// into their bias, or where every weight that would read it is zero, through depthwise
/// convolutions, pooling, flattening, functions of single values, ADD, SUB, MUL and CONCATENATION.
/// Equal bits for every input. What remains is rounded up to a multiple of four channels, which
/// kernels take at once. `graph` is valid; what the pass does not understand stays as it is.
model::Graph remove_channels(const model::Graph& graph);

}  // namespace ganglion::compile
