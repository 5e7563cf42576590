#pragma once

#include "compile/testing/random_graph.hpp"

// Random graphs of operators on images beyond those of random_graph.hpp.

namespace ganglion::compile {

/// TRANSPOSE_CONV: more rows than its input has.
int32_t random_transpose_conv(RandomGraph& random, int32_t image);

/// From few pixels to more, as decoders do.
model::Graph random_upsampling(RandomGraph& random);

/// Behind a padding of zeros, of the lowest value or of another, which a layer may swallow or not.
model::Graph random_padded(RandomGraph& random);

/// The image in another size [height, width], nearest or between pixels.
int32_t resize_image(RandomGraph& random, int32_t image, const std::vector<int32_t>& size);

int32_t random_resize(RandomGraph& random, int32_t image);

model::Graph random_resized(RandomGraph& random);

/// A product of matrices: with a computed one, a constant or itself, either transposed or not.
int32_t random_product(RandomGraph& random, int32_t image);

model::Graph random_products(RandomGraph& random);

}  // namespace ganglion::compile
