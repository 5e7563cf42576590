#include "compile/testing/random_elements.hpp"

namespace ganglion::compile {

int32_t reduced(RandomGraph& random, int32_t image, model::OperatorCode code, int32_t out) {
    std::vector<int32_t> axes;
    const auto from = random.shape(image);
    const auto to = random.shape(out);
    for (size_t i = 0; i < from.size(); ++i) {
        const int32_t axis = static_cast<int32_t>(i);
        if (to[i] == 1) axes.push_back(random.between(0, 1) == 0 ? axis : axis - 4);
    }
    const int32_t list = random.ints(axes, {static_cast<int32_t>(axes.size())});
    random.apply(code, {image, list}, {out}, model::ReducerOptions{true});
    return out;
}

std::vector<int32_t> narrowed(RandomGraph& random, int32_t image) {
    std::vector<int32_t> shape = random.shape(image);
    const int keep = random.between(0, 14);
    for (size_t i = 0; i < shape.size(); ++i) {
        if ((keep >> i & 1) == 0) shape[i] = 1;
    }
    return shape;
}

model::Graph random_pair(RandomGraph& random) {
    using model::OperatorCode;
    constexpr OperatorCode kCodes[] = {OperatorCode::add,     OperatorCode::sub,
                                       OperatorCode::mul,     OperatorCode::maximum,
                                       OperatorCode::minimum, OperatorCode::squared_difference,
                                       OperatorCode::prelu};
    const OperatorCode code = kCodes[random.between(0, 6)];
    const bool compares = code == OperatorCode::maximum || code == OperatorCode::minimum;
    const int32_t image =
        random.begin({1, random.between(1, 6), random.between(1, 6), random.between(1, 9)});
    int32_t other = image;
    switch (random.between(0, 4)) {
        case 0:
            if (!compares) other = random.like_convolved(image);
            break;
        case 1: {
            const int32_t narrow = random.like(image, narrowed(random, image));
            if (random.shape(narrow) != random.shape(image))
                other = reduced(random, image, OperatorCode::reduce_max, narrow);
            break;
        }
        case 2:
            other = random.constant(narrowed(random, image), compares ? image : -1);
            break;
        case 3:
            other = random.constant({}, compares ? image : -1);
            break;
        default:
            break;
    }
    const auto in = random.shape(image);
    const bool grows = code == OperatorCode::mul || code == OperatorCode::squared_difference;
    const int32_t out =
        compares ? random.like(image, in)
                 : random.tensor(in, grows ? random.real(0.01F, 1.0F) : random.real(0.05F, 0.3F),
                                 random.between(-128, 127));
    model::Options options;
    if (code == OperatorCode::add) options = model::AddOptions{random.activation()};
    if (code == OperatorCode::sub) options = model::SubOptions{random.activation()};
    if (code == OperatorCode::mul) options = model::MulOptions{random.activation()};
    const bool swapped = code != OperatorCode::prelu && random.between(0, 1) == 0;
    random.apply(code, swapped ? std::vector{other, image} : std::vector{image, other}, {out},
                 options);
    return random.finish(out);
}

model::Graph random_reduction(RandomGraph& random) {
    using model::OperatorCode;
    constexpr OperatorCode kCodes[] = {OperatorCode::mean, OperatorCode::sum,
                                       OperatorCode::reduce_max, OperatorCode::reduce_min};
    const OperatorCode code = kCodes[random.between(0, 3)];
    const int32_t image =
        random.begin({1, random.between(1, 9), random.between(1, 9), random.channels()});
    const auto to = narrowed(random, image);
    const bool rescales = code == OperatorCode::mean || code == OperatorCode::sum;
    const int32_t out = rescales ? random.tensor(to) : random.like(image, to);
    return random.finish(reduced(random, image, code, out));
}

model::Graph random_arg_max(RandomGraph& random) {
    const int32_t image =
        random.begin({1, random.between(1, 9), random.between(1, 9), random.channels()});
    auto to = random.shape(image);
    const int axis = random.between(0, 3);
    to.erase(to.begin() + axis);
    const int32_t list = random.ints({random.between(0, 1) == 0 ? axis : axis - 4}, {});
    const int32_t out = random.indices(to);
    random.apply(
        random.between(0, 1) == 0 ? model::OperatorCode::arg_max : model::OperatorCode::arg_min,
        {image, list}, {out}, {});
    return random.finish(out);
}

model::Graph random_function(RandomGraph& random) {
    using model::OperatorCode;
    constexpr OperatorCode kCodes[] = {OperatorCode::relu_n1_to_1, OperatorCode::abs,
                                       OperatorCode::elu, OperatorCode::exp};
    const int32_t image = random.begin({1, 1, 1, 256});
    const int32_t out = random.tensor(random.shape(image));
    random.apply(kCodes[random.between(0, 3)], {image}, {out}, {});
    return random.finish(out);
}

model::Graph random_groups(RandomGraph& random) {
    const int groups = random.between(2, 4);
    const int depth = random.between(1, 4);
    const int32_t image =
        random.begin({1, random.between(1, 8), random.between(1, 8), groups * depth});
    const auto in = random.shape(image);
    const auto y = random.axis(in[1], model::Padding::same, true);
    const auto x = random.axis(in[2], model::Padding::same, true);
    const int channels = groups * random.between(1, 4);
    const int32_t middle = random.tensor({1, y.out, x.out, channels}, random.real(0.05F, 0.5F),
                                         random.between(-128, 127));
    const int32_t w = random.weights({channels, y.kernel, x.kernel, depth}, 0, true);
    const int32_t b = random.bias(channels);
    random.apply(model::OperatorCode::conv_2d, {image, w, b}, {middle},
                 model::Conv2dOptions{model::Padding::same, x.stride, y.stride, x.dilation,
                                      y.dilation, random.activation()});
    const int outs = random.between(2, 9);
    const int32_t out =
        random.tensor({1, y.out, x.out, outs}, random.real(0.05F, 0.5F), random.between(-128, 127));
    const int32_t dense = random.weights({outs, channels}, 0, true);
    const int32_t dense_bias = random.bias(outs);
    random.apply(model::OperatorCode::fully_connected, {middle, dense, dense_bias}, {out},
                 model::FullyConnectedOptions{random.activation(), true});
    return random.finish(out);
}

}  // namespace ganglion::compile
