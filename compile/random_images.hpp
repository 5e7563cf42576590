#pragma once

#include "compile/random_graph.hpp"

// Random graphs of operators on images beyond those of random_graph.hpp.

namespace ganglion::compile {

/// TRANSPOSE_CONV: more rows than its input has.
inline int32_t random_transpose_conv(RandomGraph& random, int32_t image) {
    const auto in = random.shape(image);
    const auto padding = random.between(0, 1) == 0 ? model::Padding::same : model::Padding::valid;
    const int stride_y = random.between(1, 3);
    const int stride_x = random.between(1, 3);
    const int height = random.between(1, 4);
    const int width = random.between(1, 4);
    const bool same = padding == model::Padding::same;
    const std::vector<int32_t> to{1, same ? in[1] * stride_y : (in[1] - 1) * stride_y + height,
                                  same ? in[2] * stride_x : (in[2] - 1) * stride_x + width,
                                  random.between(1, 9)};
    const int32_t out = random.tensor(to, random.real(0.05F, 0.5F), random.between(-128, 127));
    const int32_t size = random.ints(to, {4});
    const int32_t weights = random.weights({to[3], height, width, in[3]}, 0, true);
    const int32_t bias = random.bias(to[3]);
    random.apply(model::OperatorCode::transpose_conv, {size, weights, image, bias}, {out},
                 model::TransposeConvOptions{padding, stride_x, stride_y, random.activation()});
    return out;
}

/// From few pixels to more, as decoders do.
inline model::Graph random_upsampling(RandomGraph& random) {
    int32_t image =
        random.begin({1, random.between(2, 8), random.between(2, 8), random.between(1, 6)});
    image = random.convolution(image);
    image = random_transpose_conv(random, image);
    if (random.between(0, 1) == 0) image = random.depthwise(image);
    if (random.between(0, 1) == 0) image = random.pool(image, model::OperatorCode::max_pool_2d);
    return random.finish(image);
}

}  // namespace ganglion::compile
