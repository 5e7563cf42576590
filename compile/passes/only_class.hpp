#pragma once

#include "model/graph.hpp"

namespace ganglion::compile {

/// The same network asked for its class alone: instead of its output's values the index of the
/// largest along the last dimension, int32, of equal ones the lowest. A SOFTMAX before it goes, for
/// it keeps the order; where it rounds two values to the same, the larger one before rounding
/// counts. Throws std::runtime_error where the network does not have one int8 output of several
/// values.
model::Graph only_class(const model::Graph& graph);

}  // namespace ganglion::compile
