#pragma once

#include <cstring>

#include "compile/testing/random_graph.hpp"

// Random layers with a state of their own.

namespace ganglion::compile {

/// A variable of zeros.
int32_t random_state(RandomGraph& random, std::vector<int32_t> shape, model::TensorType type,
                     float scale, int zero_point);

model::Graph random_lstm(RandomGraph& random);

model::Graph random_svdf(RandomGraph& random);

}  // namespace ganglion::compile
