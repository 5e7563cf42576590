#include "compile/testing/random_graph.hpp"

namespace ganglion::compile {

int RandomGraph::between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<uint32_t>(high - low + 1));
}

model::Graph RandomGraph::layer() {
    int32_t image = begin({1, between(1, 12), between(1, 12), channels()});
    if (between(0, 3) == 0) image = pad(image);
    switch (between(0, 7)) {
        case 0:
        case 1:
            image = convolution(image);
            break;
        case 2:
        case 3:
            image = depthwise(image);
            break;
        case 4:
            image = pool(image, model::OperatorCode::average_pool_2d);
            break;
        case 5:
            image = pool(image, model::OperatorCode::max_pool_2d);
            break;
        case 6:
            image = addition(image);
            break;
        default:
            image = dense(image);
            break;
    }
    return finish(image);
}

model::Graph RandomGraph::network() {
    int32_t image = begin({1, between(6, 14), between(6, 14), between(1, 6)});
    image = convolution(image);
    image = depthwise(image);
    image = addition(image);
    image = pool(image, model::OperatorCode::average_pool_2d);
    image = dense(image);
    return finish(image);
}

model::Graph RandomGraph::chain() {
    int32_t image = begin({1, between(4, 10), between(4, 10), between(1, 4)});
    image = convolution(image);
    for (int i = between(1, 3); i > 0; --i) image = convolution(depthwise(image));
    if (between(0, 1) == 0) image = pool(image, model::OperatorCode::average_pool_2d);
    image = dense(image);
    return finish(image);
}

model::Graph RandomGraph::moves() {
    int32_t image = begin({1, between(1, 6), between(1, 6), between(1, 6)});
    for (int n = between(1, 4); n > 0; --n) {
        const int kind = between(0, 3);
        if (kind == 0) image = sliced(image);
        if (kind == 1) image = rejoined(image);
        if (kind == 2) image = elementwise(image);
        if (kind == 3) image = addition(image);
    }
    image = elementwise(image);
    return finish(image);
}

std::vector<int8_t> RandomGraph::values(int64_t count) {
    std::vector<int8_t> result;
    for (int64_t i = 0; i < count; ++i) result.push_back(static_cast<int8_t>(random_()));
    return result;
}

int32_t RandomGraph::begin(std::vector<int32_t> of_shape) {
    graph_ = {};
    graph_.inputs = {tensor(std::move(of_shape))};
    return graph_.inputs[0];
}

void RandomGraph::apply(model::OperatorCode code, std::vector<int32_t> inputs,
                        std::vector<int32_t> outputs, model::Options options) {
    graph_.operators.push_back(
        {code, std::move(inputs), std::move(outputs), std::move(options), {}});
}

model::Graph RandomGraph::finish(int32_t output) {
    graph_.outputs = {output};
    return graph_;
}

float RandomGraph::real(float low, float high) {
    return low + (high - low) * static_cast<float>(random_() % 10000) / 10000.0F;
}

int32_t RandomGraph::tensor(std::vector<int32_t> of_shape, float scale, int zero_point) {
    graph_.tensors.push_back(
        {.name = std::string("t").append(std::to_string(graph_.tensors.size())),
         .shape = std::move(of_shape),
         .quantization = {{scale}, {zero_point}}});
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
}

int32_t RandomGraph::tensor(std::vector<int32_t> of_shape) {
    return tensor(std::move(of_shape), real(0.01F, 0.1F), between(-128, 127));
}

int32_t RandomGraph::like(int32_t other, std::vector<int32_t> of_shape) {
    const auto& quantization = graph_.tensors[other].quantization;
    return tensor(std::move(of_shape), quantization.scales[0],
                  static_cast<int>(quantization.zero_points[0]));
}

int32_t RandomGraph::weights(std::vector<int32_t> of_shape, int32_t axis, bool per_channel) {
    model::Tensor w{.name = "weights", .shape = std::move(of_shape)};
    const int32_t channels = per_channel ? w.shape[static_cast<size_t>(axis)] : 1;
    for (int32_t i = 0; i < channels; ++i) {
        w.quantization.scales.push_back(real(0.0005F, 0.02F));
        w.quantization.zero_points.push_back(0);
    }
    w.quantization.axis = axis;
    for (int8_t value : values(w.elements())) w.data.push_back(static_cast<uint8_t>(value));
    graph_.tensors.push_back(std::move(w));
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
}

int32_t RandomGraph::ints(const std::vector<int32_t>& numbers, std::vector<int32_t> of_shape) {
    model::Tensor t{.name = "ints", .type = model::TensorType::int32, .shape = std::move(of_shape)};
    t.data.resize(numbers.size() * 4);
    std::memcpy(t.data.data(), numbers.data(), t.data.size());
    graph_.tensors.push_back(std::move(t));
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
}

int32_t RandomGraph::bias(int32_t channels) {
    std::vector<int32_t> numbers(static_cast<size_t>(channels));
    for (int32_t& number : numbers) number = between(-5000, 5000);
    return ints(numbers, {channels});
}

int32_t RandomGraph::constant(std::vector<int32_t> of_shape, int32_t as) {
    const int32_t n = as < 0 ? tensor(std::move(of_shape)) : like(as, std::move(of_shape));
    for (int8_t value : values(graph_.tensors[n].elements()))
        graph_.tensors[n].data.push_back(static_cast<uint8_t>(value));
    return n;
}

int32_t RandomGraph::indices(std::vector<int32_t> of_shape) {
    graph_.tensors.push_back(
        {.name = "indices", .type = model::TensorType::int32, .shape = std::move(of_shape)});
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
}

model::Activation RandomGraph::activation() {
    constexpr model::Activation kKinds[] = {model::Activation::none, model::Activation::relu,
                                            model::Activation::relu6,
                                            model::Activation::relu_n1_to_1};
    return kKinds[between(0, 3)];
}

RandomGraph::Axis RandomGraph::axis(int in, model::Padding padding, bool may_dilate) {
    Axis a{between(1, 5), between(1, 3), may_dilate && between(0, 3) == 0 ? 2 : 1, 0};
    if (padding == model::Padding::same) {
        a.out = (in + a.stride - 1) / a.stride;
        return a;
    }
    while ((a.kernel - 1) * a.dilation + 1 > in) --a.kernel;
    a.out = (in - (a.kernel - 1) * a.dilation - 1) / a.stride + 1;
    return a;
}

int32_t RandomGraph::convolution(int32_t image) {
    const auto in = shape(image);
    const auto padding = between(0, 1) == 0 ? model::Padding::same : model::Padding::valid;
    Axis y = axis(in[1], padding, true);
    Axis x = axis(in[2], padding, true);
    if (between(0, 2) == 0) {  // pointwise, the commonest of all
        y = {1, 1, 1, in[1]};
        x = {1, 1, 1, in[2]};
    }
    const int channels = this->channels();
    const int32_t out = tensor({1, y.out, x.out, channels}, real(0.05F, 0.5F), between(-128, 127));
    const int32_t w = weights({channels, y.kernel, x.kernel, in[3]}, 0, between(0, 1) == 0);
    const int32_t b = bias(channels);
    graph_.operators.push_back(
        {model::OperatorCode::conv_2d,
         {image, w, b},
         {out},
         model::Conv2dOptions{padding, x.stride, y.stride, x.dilation, y.dilation, activation()}});
    return out;
}

int32_t RandomGraph::depthwise(int32_t image) {
    const auto in = shape(image);
    const auto padding = between(0, 1) == 0 ? model::Padding::same : model::Padding::valid;
    const Axis y = axis(in[1], padding, true);
    const Axis x = axis(in[2], padding, true);
    const int multiplier = between(0, 2) == 0 ? between(2, 4) : 1;
    const int channels = in[3] * multiplier;
    const int32_t out = tensor({1, y.out, x.out, channels}, real(0.02F, 0.2F), between(-128, 127));
    const int32_t w = weights({1, y.kernel, x.kernel, channels}, 3, between(0, 3) != 0);
    const int32_t b = bias(channels);
    graph_.operators.push_back(
        {model::OperatorCode::depthwise_conv_2d,
         {image, w, b},
         {out},
         model::DepthwiseConv2dOptions{padding, x.stride, y.stride, x.dilation, y.dilation,
                                       multiplier, activation()}});
    return out;
}

int32_t RandomGraph::pool(int32_t image, model::OperatorCode code) {
    const auto in = shape(image);
    const auto padding = between(0, 1) == 0 ? model::Padding::same : model::Padding::valid;
    const Axis y = axis(in[1], padding, false);
    const Axis x = axis(in[2], padding, false);
    const int32_t out = like(image, {1, y.out, x.out, in[3]});
    graph_.operators.push_back(
        {code,
         {image},
         {out},
         model::Pool2dOptions{padding, x.stride, y.stride, x.kernel, y.kernel, activation()}});
    return out;
}

int32_t RandomGraph::addition(int32_t image) {
    const int32_t other = like_convolved(image);
    const int32_t out = tensor(shape(image), real(0.05F, 0.3F), between(-128, 127));
    graph_.operators.push_back(
        {model::OperatorCode::add, {image, other}, {out}, model::AddOptions{activation()}});
    return out;
}

int32_t RandomGraph::like_convolved(int32_t image) {
    const auto in = shape(image);
    const int32_t out = tensor(in);
    const int32_t w = weights({in[3], 1, 1, in[3]}, 0, true);
    const int32_t b = bias(in[3]);
    graph_.operators.push_back(
        {model::OperatorCode::conv_2d, {image, w, b}, {out}, model::Conv2dOptions{}});
    return out;
}

int32_t RandomGraph::dense(int32_t image) {
    const auto depth = static_cast<int32_t>(graph_.tensors[image].elements());
    const int32_t flat = like(image, {1, depth});
    graph_.operators.push_back(
        {model::OperatorCode::reshape, {image}, {flat}, model::ReshapeOptions{{1, depth}}});
    const int channels = this->channels();
    const int32_t out = tensor({1, channels}, real(0.2F, 1.0F), between(-128, 127));
    const int32_t w = weights({channels, depth}, 0, false);
    const int32_t b = bias(channels);
    graph_.operators.push_back({model::OperatorCode::fully_connected,
                                {flat, w, b},
                                {out},
                                model::FullyConnectedOptions{activation()}});
    return out;
}

int32_t RandomGraph::elementwise(int32_t image) {
    constexpr model::OperatorCode kCodes[] = {model::OperatorCode::relu, model::OperatorCode::relu6,
                                              model::OperatorCode::leaky_relu,
                                              model::OperatorCode::quantize};
    const model::OperatorCode code = kCodes[between(0, 3)];
    const int32_t out = tensor(shape(image));
    model::Options options;
    if (code == model::OperatorCode::leaky_relu)
        options = model::LeakyReluOptions{real(0.0F, 1.5F)};
    graph_.operators.push_back({code, {image}, {out}, options});
    return out;
}

int32_t RandomGraph::sliced(int32_t image) {
    std::vector<int32_t> begin, end, strides, to;
    for (int32_t size : shape(image)) {
        const int first = between(0, size - 1);
        const int last = between(first, size - 1);
        const int stride = between(0, 2) == 0 ? between(1, 3) : 1;
        begin.push_back(between(0, 1) == 0 ? first : first - size);
        end.push_back(last + 1);
        strides.push_back(stride);
        to.push_back((last - first) / stride + 1);
    }
    const int32_t out = like(image, to);
    const int32_t begins = ints(begin, {4});
    const int32_t ends = ints(end, {4});
    const int32_t steps = ints(strides, {4});
    graph_.operators.push_back({model::OperatorCode::strided_slice,
                                {image, begins, ends, steps},
                                {out},
                                model::StridedSliceOptions{}});
    return out;
}

int32_t RandomGraph::rejoined(int32_t image) {
    const int axis = between(1, 3);
    const auto whole = shape(image);
    const auto size = whole[static_cast<size_t>(axis)];
    if (size < 2) return image;
    const int first = between(1, size - 1);
    std::vector<int32_t> parts;
    for (int32_t part : {first, size - first}) {
        auto of_part = whole;
        of_part[static_cast<size_t>(axis)] = part;
        parts.push_back(like(image, of_part));
    }
    const int32_t sizes = ints({first, size - first}, {2});
    const int32_t axes = ints({axis}, {});
    graph_.operators.push_back(
        {model::OperatorCode::split_v, {image, sizes, axes}, parts, model::SplitVOptions{2}});
    const int32_t out = like(image, whole);
    graph_.operators.push_back({model::OperatorCode::concatenation,
                                {parts[1], parts[0]},
                                {out},
                                model::ConcatenationOptions{axis}});
    return out;
}

int32_t RandomGraph::pad(int32_t image) {
    const auto in = shape(image);
    const std::vector<int32_t> amounts = {
        0, 0, between(0, 3), between(0, 3), between(0, 3), between(0, 3), 0, 0};
    const int32_t paddings = ints(amounts, {4, 2});
    const int32_t out =
        like(image, {1, in[1] + amounts[2] + amounts[3], in[2] + amounts[4] + amounts[5], in[3]});
    graph_.operators.push_back({model::OperatorCode::pad, {image, paddings}, {out}, {}});
    return out;
}

int32_t RandomGraph::pad_with(int32_t image, int8_t value) {
    const int32_t out = pad(image);
    const int32_t around = like(image, {});
    graph_.tensors[around].data = {static_cast<uint8_t>(value)};
    graph_.operators.back().code = model::OperatorCode::padv2;
    graph_.operators.back().inputs.push_back(around);
    return out;
}

}  // namespace ganglion::compile
