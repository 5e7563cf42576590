#include "compile/testing/random_int16.hpp"

namespace ganglion::compile {

void widen(model::Tensor& tensor) {
    if (tensor.type != model::TensorType::int8 || !tensor.is_constant()) return;
    std::vector<uint8_t> wide;
    for (uint8_t value : tensor.data) {
        wide.push_back(static_cast<uint8_t>(wide.size()));
        wide.push_back(value);
    }
    tensor.type = model::TensorType::int16;
    tensor.data = std::move(wide);
    tensor.quantization.scales[0] /= 256;
    tensor.quantization.zero_points[0] = 0;
}

model::Graph as_int16(RandomGraph& random, model::Graph graph) {
    const auto narrow = static_cast<uint32_t>(random.between(0, 2)) * 100;
    for (model::Tensor& tensor : graph.tensors) {
        if (tensor.type == model::TensorType::int8 && !tensor.is_constant()) {
            tensor.type = model::TensorType::int16;
            tensor.quantization.scales[0] /= static_cast<float>(56 + narrow);
            tensor.quantization.zero_points[0] = 0;
        }
    }
    for (const model::Operator& op : graph.operators) {
        if (op.code == model::OperatorCode::batch_matmul)
            widen(graph.tensors[static_cast<size_t>(op.inputs[1])]);
        const bool is_transposed = op.code == model::OperatorCode::transpose_conv;
        const bool has_bias =
            is_transposed || (op.inputs.size() == 3 && op.code != model::OperatorCode::split_v);
        model::Tensor* bias =
            has_bias ? &graph.tensors[static_cast<size_t>(op.inputs.back())] : nullptr;
        if (bias == nullptr || bias->type != model::TensorType::int32) continue;
        std::vector<uint8_t> wide(2 * bias->data.size());
        for (size_t i = 0; i < bias->data.size() / 4; ++i) {
            int32_t value = 0;
            std::memcpy(&value, bias->data.data() + 4 * i, 4);
            const int64_t larger = int64_t{value} * 300;
            std::memcpy(wide.data() + 8 * i, &larger, 8);
        }
        bias->type = model::TensorType::int64;
        bias->data = std::move(wide);
    }
    return graph;
}

model::Graph random_int16_layer(RandomGraph& random) {
    return as_int16(random, random.layer());
}

model::Graph random_int16_chain(RandomGraph& random) {
    return as_int16(random, random.between(0, 1) == 0 ? random.chain() : random.network());
}

model::Graph random_int16_elements(RandomGraph& random) {
    using model::OperatorCode;
    constexpr OperatorCode kCodes[] = {
        OperatorCode::add,      OperatorCode::sub,        OperatorCode::mul,
        OperatorCode::maximum,  OperatorCode::minimum,    OperatorCode::relu,
        OperatorCode::relu6,    OperatorCode::leaky_relu, OperatorCode::relu_n1_to_1,
        OperatorCode::logistic, OperatorCode::tanh,       OperatorCode::mean,
        OperatorCode::sum};
    const OperatorCode code = kCodes[random.between(0, 12)];
    const int32_t image =
        random.begin({1, random.between(1, 6), random.between(1, 6), random.between(1, 9)});
    auto shape = random.shape(image);
    std::vector<int32_t> inputs{image};
    model::Options options;
    if (code == OperatorCode::mean || code == OperatorCode::sum) {
        const int axis = random.between(1, 3);
        shape[static_cast<size_t>(axis)] = 1;
        inputs.push_back(random.ints({axis}, {1}));
        options = model::ReducerOptions{true};
    }
    const bool compares = code == OperatorCode::maximum || code == OperatorCode::minimum;
    if (code == OperatorCode::add || code == OperatorCode::sub || code == OperatorCode::mul ||
        compares) {
        inputs.push_back(random.between(0, 1) == 0 ? image : random.like_convolved(image));
    }
    if (compares) inputs[1] = image;
    if (code == OperatorCode::add) options = model::AddOptions{random.activation()};
    if (code == OperatorCode::sub) options = model::SubOptions{random.activation()};
    if (code == OperatorCode::mul) options = model::MulOptions{random.activation()};
    if (code == OperatorCode::leaky_relu)
        options = model::LeakyReluOptions{random.real(0.0F, 1.5F)};
    const int32_t out = compares ? random.like(image, shape) : random.tensor(shape);
    random.apply(code, inputs, {out}, options);
    model::Graph graph = as_int16(random, random.finish(out));
    if (code == OperatorCode::logistic || code == OperatorCode::tanh) {
        graph.tensors[static_cast<size_t>(out)].quantization.scales[0] = 1.0F / 32768;
        if (random.between(0, 3) == 0)  // exact in the table
            graph.tensors[static_cast<size_t>(image)].quantization.scales[0] = 1.0F / 4096;
    }
    return graph;
}

model::Graph random_int16_images(RandomGraph& random) {
    switch (random.between(0, 3)) {
        case 0:
            return as_int16(random, random_upsampling(random));
        case 1:
            return as_int16(random, random_resized(random));
        case 2:
            return as_int16(random, random_products(random));
        default:
            break;
    }
    const int32_t image =
        random.begin({1, random.between(1, 9), random.between(1, 9), random.channels()});
    const int32_t out = random.like(image, narrowed(random, image));
    const bool most = random.between(0, 1) == 0;
    return as_int16(random, random.finish(reduced(random, image,
                                                  most ? model::OperatorCode::reduce_max
                                                       : model::OperatorCode::reduce_min,
                                                  out)));
}

model::Graph random_int4(RandomGraph& random) {
    model::Graph graph = random.between(0, 2) == 0 ? random.chain() : random.layer();
    for (const model::Operator& op : graph.operators) {
        if (op.inputs.size() != 3) continue;
        model::Tensor& weights = graph.tensors[static_cast<size_t>(op.inputs[1])];
        if (weights.type != model::TensorType::int8 || !weights.is_constant()) continue;
        std::vector<uint8_t> packed((weights.data.size() + 1) / 2);
        for (size_t i = 0; i < weights.data.size(); ++i)
            packed[i / 2] |= static_cast<uint8_t>((weights.data[i] & 0xF) << (4 * (i % 2)));
        weights.type = model::TensorType::int4;
        weights.data = std::move(packed);
        for (float& scale : weights.quantization.scales) scale *= 16;
    }
    return graph;
}

}  // namespace ganglion::compile
