#pragma once

#include "compile/testing/random_graph.hpp"

// Random graphs of operators on elements, for random_cases.hpp.

namespace ganglion::compile {

/// Reduces some dimensions that stay as 1, so that the result can repeat along them.
int32_t reduced(RandomGraph& random, int32_t image, model::OperatorCode code, int32_t out);

/// The image's shape with 1 in place of some dimensions, not of none.
std::vector<int32_t> narrowed(RandomGraph& random, int32_t image);

/// A function of two tensors: both whole, or one that repeats, is constant, a scalar or the other.
model::Graph random_pair(RandomGraph& random);

model::Graph random_reduction(RandomGraph& random);

model::Graph random_arg_max(RandomGraph& random);

model::Graph random_function(RandomGraph& random);

/// A convolution in groups, and a matrix product of several rows with a scale for each output.
model::Graph random_groups(RandomGraph& random);

}  // namespace ganglion::compile
