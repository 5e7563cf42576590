#pragma once

#include <algorithm>
#include <cmath>

#include "compile/testing/random_cases.hpp"

// Random graphs of one layer or a few, in sizes as real models have them, whose instructions the
// cost model is fitted to; those of random_cases.hpp, which are small, come with them.

namespace ganglion::bench {

using compile::RandomGraph;

namespace cost_graphs {

inline constexpr double kMostMacs = 150'000;

/// As often between 1 and 2 as between 10 and 20.
inline int size(RandomGraph& random, int low, int high) {
    const double share = random.real(0, 1);
    return std::clamp(static_cast<int>(std::lround(low * std::pow(double(high) / low, share))), low,
                      high);
}

inline int channels(RandomGraph& random) {
    const int any = size(random, 1, 96);
    switch (random.between(0, 3)) {
        case 0:
            return any;
        case 1:
            return (any + 3) / 4 * 4;
        default:
            return (any + 7) / 8 * 8;
    }
}

/// An output that uses its range as trained ones do.
inline int32_t output(RandomGraph& random, std::vector<int32_t> shape, float low, float high) {
    const int zero_point = random.between(0, 1) == 0 ? -128 : random.between(-128, 127);
    return random.tensor(std::move(shape), random.real(low, high), zero_point);
}

/// Weights that are small, as most trained ones are, or anything.
inline int32_t weights(RandomGraph& random, std::vector<int32_t> shape, int32_t axis) {
    const int32_t n = random.weights(std::move(shape), axis, true);
    const int most[] = {20, 45, 60, 127};
    const int limit = most[random.between(0, 3)];
    random.change(n, [&](model::Tensor& tensor) {
        for (uint8_t& value : tensor.data)
            value = static_cast<uint8_t>(static_cast<int8_t>(value) * limit / 128);
    });
    return n;
}

struct Axis {
    int in, kernel, stride, out;
};

inline Axis axis(RandomGraph& random, int kernel, model::Padding padding, int most) {
    Axis a{size(random, 1, most), kernel, random.between(0, 2) == 0 ? 2 : 1, 0};
    if (padding == model::Padding::same) {
        a.out = (a.in + a.stride - 1) / a.stride;
    } else {
        a.in += kernel - 1;
        a.out = (a.in - kernel) / a.stride + 1;
    }
    return a;
}

inline model::Padding padding(RandomGraph& random) {
    return random.between(0, 1) == 0 ? model::Padding::same : model::Padding::valid;
}

inline model::Graph convolution(RandomGraph& random) {
    for (;;) {
        const int kind = random.between(0, 4);
        const int kernel_y = kind < 2 ? 1 : kind == 2 ? 3 : size(random, 1, 10);
        const int kernel_x = kind < 2 ? 1 : kind == 2 ? 3 : size(random, 1, 6);
        const model::Padding pad = padding(random);
        Axis y = axis(random, kernel_y, pad, 32);
        Axis x = axis(random, kernel_x, pad, 32);
        if (kind == 0) y.stride = x.stride = 1, y.out = y.in, x.out = x.in;
        const int in = random.between(0, 3) == 0 ? random.between(1, 4) : channels(random);
        const int out = channels(random);
        if (double(y.out) * x.out * kernel_y * kernel_x * in * out > kMostMacs) continue;
        const int32_t image = random.begin({1, y.in, x.in, in});
        const int32_t result = output(random, {1, y.out, x.out, out}, 0.1F, 1.0F);
        const int32_t w = weights(random, {out, kernel_y, kernel_x, in}, 0);
        random.apply(model::OperatorCode::conv_2d, {image, w, random.bias(out)}, {result},
                     model::Conv2dOptions{pad, x.stride, y.stride, 1, 1, random.activation()});
        return random.finish(result);
    }
}

inline model::Graph depthwise(RandomGraph& random) {
    for (;;) {
        const int kind = random.between(0, 5);
        const int kernel_y = kind < 3 ? 3 : kind == 3 ? 1 : size(random, 1, 24);
        const int kernel_x = kind < 3 ? 3 : kind == 4 ? 1 : size(random, 1, 9);
        const model::Padding pad = padding(random);
        const Axis y = axis(random, kernel_y, pad, 32);
        const Axis x = axis(random, kernel_x, pad, 32);
        const int of = channels(random);
        if (double(y.out) * x.out * kernel_y * kernel_x * of > kMostMacs / 2 ||
            (pad == model::Padding::valid && y.in * x.in * of > 100'000))
            continue;
        const int32_t image = random.begin({1, y.in, x.in, of});
        const int32_t result = output(random, {1, y.out, x.out, of}, 0.05F, 0.3F);
        const int32_t w = weights(random, {1, kernel_y, kernel_x, of}, 3);
        random.apply(
            model::OperatorCode::depthwise_conv_2d, {image, w, random.bias(of)}, {result},
            model::DepthwiseConv2dOptions{pad, x.stride, y.stride, 1, 1, 1, random.activation()});
        return random.finish(result);
    }
}

inline model::Graph dense(RandomGraph& random) {
    for (;;) {
        const int depth = size(random, 1, 1200);
        const int out = size(random, 1, 300);
        const int rows = random.between(0, 3) == 0 ? size(random, 1, 20) : 1;
        if (double(depth) * out * rows > kMostMacs) continue;
        const int32_t image = random.begin({rows, depth});
        const int32_t result = output(random, {rows, out}, 0.1F, 2.0F);
        const int32_t w = weights(random, {out, depth}, 0);
        random.change(w, [](model::Tensor& tensor) {
            tensor.quantization.scales.resize(1);
            tensor.quantization.zero_points.resize(1);
        });
        random.apply(model::OperatorCode::fully_connected, {image, w, random.bias(out)}, {result},
                     model::FullyConnectedOptions{random.activation()});
        return random.finish(result);
    }
}

inline std::vector<int32_t> image_shape(RandomGraph& random, int most) {
    for (;;) {
        std::vector<int32_t> shape = {1, size(random, 1, 40), size(random, 1, 40),
                                      channels(random)};
        if (shape[1] * shape[2] * shape[3] <= most) return shape;
    }
}

inline model::Graph pool(RandomGraph& random) {
    const auto shape = image_shape(random, 12'000);
    const bool all = random.between(0, 1) == 0;
    const model::Padding pad = padding(random);
    const auto window = [&](int in) {
        const int kernel = all ? in : std::min(in, random.between(1, 5));
        const int stride = all ? 1 : random.between(1, 3);
        const int out =
            pad == model::Padding::same ? (in + stride - 1) / stride : (in - kernel) / stride + 1;
        return Axis{in, kernel, stride, out};
    };
    const Axis y = window(shape[1]);
    const Axis x = window(shape[2]);
    const int32_t image = random.begin(shape);
    if (double(y.out) * x.out * y.kernel * x.kernel * shape[3] > kMostMacs)
        return random.finish(random.pool(image, model::OperatorCode::max_pool_2d));
    const int32_t out = random.like(image, {1, y.out, x.out, shape[3]});
    random.apply(
        random.between(0, 2) == 0 ? model::OperatorCode::max_pool_2d
                                  : model::OperatorCode::average_pool_2d,
        {image}, {out},
        model::Pool2dOptions{pad, x.stride, y.stride, x.kernel, y.kernel, random.activation()});
    return random.finish(out);
}

/// Two branches that are added.
inline model::Graph addition(RandomGraph& random) {
    auto shape = image_shape(random, 4'000);
    shape[3] = std::min(shape[3], 16);
    const int32_t image = random.begin(shape);
    const int32_t other = random.like_convolved(image);
    const int32_t out = output(random, shape, 0.05F, 0.3F);
    random.apply(model::OperatorCode::add, {image, other}, {out},
                 model::AddOptions{random.activation()});
    return random.finish(out);
}

inline model::Graph function(RandomGraph& random) {
    const int32_t image = random.begin(image_shape(random, 8'000));
    const bool tanh = random.between(0, 1) == 0;
    const int32_t out =
        random.tensor(random.shape(image), tanh ? 1 / 128.0F : 1 / 256.0F, tanh ? 0 : -128);
    random.apply(tanh ? model::OperatorCode::tanh : model::OperatorCode::logistic, {image}, {out},
                 {});
    return random.finish(out);
}

inline model::Graph softmax(RandomGraph& random) {
    const int32_t image = random.begin({size(random, 1, 8), size(random, 1, 64)});
    const int32_t out = random.tensor(random.shape(image), 1 / 256.0F, -128);
    random.apply(model::OperatorCode::softmax, {image}, {out}, model::SoftmaxOptions{1});
    return random.finish(out);
}

/// Slices, splits and joins of larger images.
inline model::Graph moves(RandomGraph& random) {
    int32_t image = random.begin(image_shape(random, 10'000));
    for (int n = random.between(1, 3); n > 0; --n)
        image = random.between(0, 1) == 0 ? random.sliced(image) : random.rejoined(image);
    if (random.between(0, 1) == 0) image = random.pad(image);
    return random.finish(random.elementwise(image));
}

inline model::Graph transposition(RandomGraph& random) {
    const auto shape = image_shape(random, 6'000);
    const int32_t image = random.begin(shape);
    std::vector<int32_t> order{0, 1, 2, 3};
    const int last = random.between(0, 1) == 0 ? 3 : 2;  // 2: pixels stay whole
    for (int i = last; i > 0; --i)
        std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.between(0, i))]);
    std::vector<int32_t> to;
    to.reserve(order.size());
    for (int32_t from : order) to.push_back(shape[static_cast<size_t>(from)]);
    const int32_t out = random.like(image, to);
    random.apply(model::OperatorCode::transpose, {image, random.ints(order, {4})}, {out}, {});
    return random.finish(out);
}

inline model::Graph padding_alone(RandomGraph& random) {
    const int32_t padded = random.pad(random.begin(image_shape(random, 8'000)));
    return random.finish(padded);
}

inline int32_t resized(RandomGraph& random, int32_t image) {
    const int32_t height = size(random, 1, 24);
    return compile::resize_image(random, image, {height, size(random, 1, 24)});
}

inline model::Graph resize(RandomGraph& random) {
    const auto shape = image_shape(random, 3'000);
    const int32_t out = resized(random, random.begin(shape));
    return random.finish(out);
}

inline int32_t product(RandomGraph& random) {
    return compile::random_product(
        random, random.begin({1, size(random, 1, 6), size(random, 1, 30), size(random, 1, 60)}));
}

inline model::Graph products(RandomGraph& random) {
    return random.finish(product(random));
}

/// What int16 has of its own, in larger sizes: QUANTIZE to and from it, SOFTMAX, the sigmoids,
/// resizes, products of matrices, transposed convolutions, the largest of some.
inline model::Graph int16(RandomGraph& random) {
    using model::OperatorCode;
    const int kind = random.between(0, 8);
    if (kind == 0) {
        const int32_t image = random.begin(image_shape(random, 3'000));
        return compile::as_int16(random, random.finish(resized(random, image)));
    }
    if (kind == 1) return compile::as_int16(random, random.finish(product(random)));
    if (kind == 2) {
        const int32_t image =
            random.begin({1, size(random, 1, 12), size(random, 1, 12), channels(random)});
        return compile::as_int16(random,
                                 random.finish(compile::random_transpose_conv(random, image)));
    }
    const auto shape = image_shape(random, 3'000);
    const int32_t image = random.begin(shape);
    if (kind == 3) {
        const int32_t out = random.like(image, compile::narrowed(random, image));
        const bool most = random.between(0, 1) == 0;
        (void)compile::reduced(random, image,
                               most ? OperatorCode::reduce_max : OperatorCode::reduce_min, out);
        return compile::as_int16(random, random.finish(out));
    }
    const int32_t out = random.tensor(shape);
    const auto as_wide = [&](int32_t n, float scale) {
        random.change(n, [&](model::Tensor& tensor) {
            tensor.type = model::TensorType::int16;
            tensor.quantization = {{scale}, {0}};
        });
    };
    if (kind == 4 || kind == 5) {  // one side int16 or both
        const int sides = random.between(1, 3);
        if ((sides & 1) != 0) as_wide(image, random.real(0.0001F, 0.001F));
        if ((sides & 2) != 0) as_wide(out, random.real(0.0001F, 0.001F));
        random.apply(OperatorCode::quantize, {image}, {out}, {});
        return random.finish(out);
    }
    as_wide(image, random.real(0.0001F, 0.002F));
    as_wide(out, 1.0F / 32768);
    const OperatorCode codes[] = {OperatorCode::softmax, OperatorCode::logistic,
                                  OperatorCode::tanh};
    const OperatorCode code = codes[kind - 6];
    model::Options options;
    if (code == OperatorCode::softmax) options = model::SoftmaxOptions{1};
    random.apply(code, {image}, {out}, options);
    return random.finish(out);
}

inline model::Graph largest(RandomGraph& random) {
    const auto shape = image_shape(random, 3'000);
    const int32_t image = random.begin(shape);
    const int axis = random.between(0, 1) == 0 ? 3 : random.between(1, 3);
    auto to = shape;
    to.erase(to.begin() + axis);
    const int32_t out = random.indices(to);
    const bool most = random.between(0, 1) == 0;
    random.apply(most ? model::OperatorCode::arg_max : model::OperatorCode::arg_min,
                 {image, random.ints({axis}, {})}, {out}, {});
    return random.finish(out);
}

}  // namespace cost_graphs

inline constexpr compile::RandomCase kCostCases[] = {
    {"convolution", cost_graphs::convolution, 500},
    {"depthwise", cost_graphs::depthwise, 400},
    {"dense", cost_graphs::dense, 300},
    {"pool", cost_graphs::pool, 200},
    {"addition", cost_graphs::addition, 120},
    {"function", cost_graphs::function, 60},
    {"softmax", cost_graphs::softmax, 100},
    {"moves", cost_graphs::moves, 200},
    {"transposition", cost_graphs::transposition, 400},
    {"padding", cost_graphs::padding_alone, 120},
    {"resize", cost_graphs::resize, 200},
    {"products", cost_graphs::products, 150},
    {"int16", cost_graphs::int16, 700},
    {"largest", cost_graphs::largest, 150},
};

}  // namespace ganglion::bench
