#pragma once

#include <cstring>

#include "compile/testing/random_elements.hpp"
#include "compile/testing/random_graph.hpp"
#include "compile/testing/random_images.hpp"

// Random graphs of the operators that random_graph.hpp builds on int8: on int16 activations, and
// with int4 weights.

namespace ganglion::compile {

/// A constant of int8 as int16, of larger values; others stay.
void widen(model::Tensor& tensor);

/// Every computed tensor as int16 with zero point 0, and biases of 64 bits.
model::Graph as_int16(RandomGraph& random, model::Graph graph);

model::Graph random_int16_layer(RandomGraph& random);

model::Graph random_int16_chain(RandomGraph& random);

/// A function of one or two tensors, or a mean.
model::Graph random_int16_elements(RandomGraph& random);

/// Images that grow, products of matrices, the largest and the smallest.
model::Graph random_int16_images(RandomGraph& random);

/// The weights of all layers, one in 4 bits.
model::Graph random_int4(RandomGraph& random);

}  // namespace ganglion::compile
