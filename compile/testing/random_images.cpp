#include "compile/testing/random_images.hpp"

namespace ganglion::compile {

int32_t random_transpose_conv(RandomGraph& random, int32_t image) {
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

model::Graph random_upsampling(RandomGraph& random) {
    int32_t image =
        random.begin({1, random.between(2, 8), random.between(2, 8), random.between(1, 6)});
    image = random.convolution(image);
    image = random_transpose_conv(random, image);
    if (random.between(0, 1) == 0) image = random.depthwise(image);
    if (random.between(0, 1) == 0) image = random.pool(image, model::OperatorCode::max_pool_2d);
    return random.finish(image);
}

model::Graph random_padded(RandomGraph& random) {
    const int32_t image =
        random.begin({1, random.between(1, 9), random.between(1, 9), random.between(1, 20)});
    const int kind = random.between(0, 3);
    if (kind < 2)
        random.change(image,
                      [](model::Tensor& tensor) { tensor.quantization.zero_points = {-128}; });
    const int8_t value = kind == 2 ? int8_t{-128} : static_cast<int8_t>(random.between(-128, 127));
    const int32_t padded = kind < 2 ? random.pad(image) : random.pad_with(image, value);
    switch (random.between(0, 3)) {
        case 0:
            return random.finish(random.convolution(padded));
        case 1:
            return random.finish(random.depthwise(padded));
        default:
            return random.finish(random.pool(padded, model::OperatorCode::max_pool_2d));
    }
}

int32_t resize_image(RandomGraph& random, int32_t image, const std::vector<int32_t>& size) {
    const auto in = random.shape(image);
    const int kind = random.between(0, 2);
    const model::ResizeOptions options{kind == 1, kind == 2};
    const int32_t out = random.like(image, {1, size[0], size[1], in[3]});
    const int32_t sizes = random.ints(size, {2});
    if (random.between(0, 1) == 0) {
        random.apply(model::OperatorCode::resize_nearest_neighbor, {image, sizes}, {out},
                     model::ResizeNearestOptions{options});
    } else {
        random.apply(model::OperatorCode::resize_bilinear, {image, sizes}, {out},
                     model::ResizeBilinearOptions{options});
    }
    return out;
}

int32_t random_resize(RandomGraph& random, int32_t image) {
    const int32_t height = random.between(1, 12);
    return resize_image(random, image, {height, random.between(1, 12)});
}

model::Graph random_resized(RandomGraph& random) {
    int32_t image =
        random.begin({1, random.between(1, 8), random.between(1, 8), random.between(1, 9)});
    image = random_resize(random, image);
    if (random.between(0, 1) == 0) image = random_resize(random, random.convolution(image));
    return random.finish(image);
}

int32_t random_product(RandomGraph& random, int32_t image) {
    const auto in = random.shape(image);
    const bool first = random.between(0, 1) == 0;  // which are transposed
    const bool second = random.between(0, 1) == 0;
    const int32_t lines = first ? in[3] : in[2];
    const int32_t depth = first ? in[2] : in[3];
    int32_t other = image;
    int32_t columns = first ? in[3] : in[2];
    const bool is_constant = first == second || random.between(0, 1) == 0;
    if (is_constant) {
        columns = random.between(1, 9);
        std::vector<int32_t> shape =
            second ? std::vector{columns, depth} : std::vector{depth, columns};
        if (random.between(0, 1) == 0) shape.insert(shape.begin(), in[1]);
        other = random.constant(shape);
    } else if (random.between(0, 1) == 0) {
        other = random.like_convolved(image);
    }
    const int32_t out = random.tensor({1, in[1], lines, columns}, random.real(0.05F, 0.5F),
                                      random.between(-128, 127));
    random.apply(model::OperatorCode::batch_matmul, {image, other}, {out},
                 model::BatchMatMulOptions{first, second});
    return out;
}

model::Graph random_products(RandomGraph& random) {
    const int32_t image =
        random.begin({1, random.between(1, 4), random.between(1, 9), random.between(1, 9)});
    return random.finish(random_product(random, image));
}

}  // namespace ganglion::compile
