#include "train/quantize/float_folding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace ganglion::train {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;
using model::TensorType;

float half_to_float(uint16_t bits) {
    const int exponent = bits >> 10 & 31;
    const int fraction = bits & 1023;
    float size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    if (exponent == 31) size = fraction == 0 ? INFINITY : NAN;
    return (bits & 0x8000) != 0 ? -size : size;
}

template <typename Value>
std::vector<Value> values_as(const Tensor& tensor) {
    std::vector<Value> values(static_cast<size_t>(tensor.elements()));
    if (tensor.data.size() != values.size() * sizeof(Value))
        throw std::runtime_error(fmt::format("'{}' is no constant", tensor.name));
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
}

template <typename Value>
std::vector<float> scaled_values(const Tensor& tensor) {
    const auto& q = tensor.quantization;
    size_t inner = 1;  // neighbours that share a scale
    for (size_t d = static_cast<size_t>(q.axis) + 1; d < tensor.shape.size(); ++d)
        inner *= static_cast<size_t>(tensor.shape[d]);
    std::vector<float> real;
    for (const Value value : values_as<Value>(tensor)) {
        const size_t c = q.scales.size() == 1 ? 0 : real.size() / inner % q.scales.size();
        const int64_t zero = q.zero_points.empty() ? 0 : q.zero_points[c];
        real.push_back(q.scales[c] * static_cast<float>(value - zero));
    }
    return real;
}

void set_values(Tensor& tensor, const std::vector<float>& values) {
    tensor.type = TensorType::float32;
    tensor.quantization = {};
    tensor.data.resize(values.size() * sizeof(float));
    std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
}

bool is_stored_otherwise(const Tensor& tensor) {
    if (!tensor.is_constant()) return false;
    if (tensor.type == TensorType::float16) return true;
    return !tensor.quantization.scales.empty() &&
           (tensor.type == TensorType::int8 || tensor.type == TensorType::uint8 ||
            tensor.type == TensorType::int16);
}

void make_constants_float(Graph& graph) {
    for (Tensor& tensor : graph.tensors)
        if (is_stored_otherwise(tensor)) set_values(tensor, real_values(tensor));
    std::vector<int32_t> is(graph.tensors.size());
    for (size_t i = 0; i < is.size(); ++i) is[i] = static_cast<int32_t>(i);
    std::vector<Operator> kept;
    for (Operator op : graph.operators) {
        for (int32_t& input : op.inputs)
            if (input >= 0) input = is[static_cast<size_t>(input)];
        if (op.code == OperatorCode::dequantize && op.inputs.size() == 1 &&
            op.outputs.size() == 1 && op.inputs[0] >= 0 &&
            graph.tensors[static_cast<size_t>(op.inputs[0])].is_constant()) {
            is[static_cast<size_t>(op.outputs[0])] = op.inputs[0];
        } else {
            kept.push_back(std::move(op));
        }
    }
    graph.operators = std::move(kept);
}

/// A layer with weights into which the operator behind it may go.
struct Layer {
    Operator* op;
    model::Activation* activation;
    size_t channels;
    bool channels_last;  ///< in the weights
};

std::optional<Layer> layer_of(const Graph& graph, Operator& op) {
    if (op.inputs.size() < 2 || op.inputs[1] < 0 || op.outputs.size() != 1) return {};
    const Tensor& weights = graph.tensors[static_cast<size_t>(op.inputs[1])];
    if (!weights.is_constant() || weights.type != TensorType::float32 || weights.shape.empty())
        return {};
    const auto first = static_cast<size_t>(weights.shape.front());
    if (auto* conv = std::get_if<model::Conv2dOptions>(&op.options))
        return Layer{&op, &conv->activation, first, false};
    if (auto* dense = std::get_if<model::FullyConnectedOptions>(&op.options))
        return Layer{&op, &dense->activation, first, false};
    if (auto* depthwise = std::get_if<model::DepthwiseConv2dOptions>(&op.options))
        return Layer{&op, &depthwise->activation, static_cast<size_t>(weights.shape.back()), true};
    return {};
}

/// The one operator that reads a tensor; null where there is none, several, or it leaves the graph.
Operator* only_reader(Graph& graph, int32_t tensor) {
    if (std::ranges::find(graph.outputs, tensor) != graph.outputs.end()) return nullptr;
    Operator* reader = nullptr;
    for (Operator& op : graph.operators) {
        const auto times = std::ranges::count(op.inputs, tensor);
        if (times == 0) continue;
        if (reader != nullptr || times > 1) return nullptr;
        reader = &op;
    }
    return reader;
}

/// A number for each channel, or the same for all; empty where the tensor is something else.
std::vector<float> by_channel(const Tensor& tensor, size_t channels) {
    if (!tensor.is_constant() || tensor.type != TensorType::float32) return {};
    const auto values = values_as<float>(tensor);
    if (values.size() == 1) return std::vector<float>(channels, values[0]);
    const bool last =
        !tensor.shape.empty() && tensor.shape.back() == static_cast<int32_t>(channels);
    return last && values.size() == channels ? values : std::vector<float>();
}

/// A copy of its own for input `n`, since other layers may share the constant.
void replace_constant(Graph& graph, Operator& op, size_t n, const std::vector<float>& values,
                      const std::vector<int32_t>& shape, const std::string& name) {
    Tensor tensor{name, TensorType::float32, shape};
    set_values(tensor, values);
    if (op.inputs.size() <= n) op.inputs.resize(n + 1, -1);
    op.inputs[n] = static_cast<int32_t>(graph.tensors.size());
    graph.tensors.push_back(std::move(tensor));
}

void scale_and_shift(Graph& graph, const Layer& layer, const std::vector<float>& factor,
                     const std::vector<float>& shift) {
    Operator& op = *layer.op;
    const Tensor weights = graph.tensors[static_cast<size_t>(op.inputs[1])];
    auto values = values_as<float>(weights);
    const size_t each = values.size() / layer.channels;
    for (size_t i = 0; i < values.size(); ++i)
        values[i] *= factor[layer.channels_last ? i % layer.channels : i / each];
    std::vector<float> bias(layer.channels, 0.0F);
    if (op.inputs.size() > 2 && op.inputs[2] >= 0)
        bias = values_as<float>(graph.tensors[static_cast<size_t>(op.inputs[2])]);
    for (size_t c = 0; c < layer.channels; ++c) bias[c] = bias[c] * factor[c] + shift[c];
    replace_constant(graph, op, 1, values, weights.shape, weights.name + "/folded");
    replace_constant(graph, op, 2, bias, {static_cast<int32_t>(layer.channels)},
                     weights.name + "/bias");
}

/// MUL, ADD or SUB of a constant behind a layer.
bool fold_arithmetic(Graph& graph, const Layer& layer, const Operator& reader) {
    model::Activation activation;
    if (const auto* mul = std::get_if<model::MulOptions>(&reader.options)) {
        activation = mul->activation;
    } else if (const auto* add = std::get_if<model::AddOptions>(&reader.options)) {
        activation = add->activation;
    } else if (const auto* sub = std::get_if<model::SubOptions>(&reader.options)) {
        activation = sub->activation;
    } else {
        return false;
    }
    const bool is_first = reader.inputs.at(0) == layer.op->outputs[0];
    if (reader.code == OperatorCode::sub && !is_first) return false;
    const int32_t other = reader.inputs.at(is_first ? 1 : 0);
    auto values = by_channel(graph.tensors[static_cast<size_t>(other)], layer.channels);
    if (values.empty()) return false;
    const std::vector<float> ones(layer.channels, 1.0F);
    const std::vector<float> zeros(layer.channels, 0.0F);
    if (reader.code == OperatorCode::mul) {
        scale_and_shift(graph, layer, values, zeros);
    } else {
        if (reader.code == OperatorCode::sub)
            for (float& value : values) value = -value;
        scale_and_shift(graph, layer, ones, values);
    }
    *layer.activation = activation;
    return true;
}

bool fold_activation(const Layer& layer, const Operator& reader) {
    if (reader.code == OperatorCode::relu) {
        *layer.activation = model::Activation::relu;
    } else if (reader.code == OperatorCode::relu6) {
        *layer.activation = model::Activation::relu6;
    } else if (reader.code == OperatorCode::relu_n1_to_1) {
        *layer.activation = model::Activation::relu_n1_to_1;
    } else {
        return false;
    }
    return true;
}

bool fold_one(Graph& graph) {
    for (Operator& op : graph.operators) {
        const auto layer = layer_of(graph, op);
        if (!layer || *layer->activation != model::Activation::none) continue;
        const int32_t before = op.outputs[0];
        Operator* reader = only_reader(graph, before);
        if (reader == nullptr || reader->outputs.size() != 1) continue;
        const auto& shape = graph.tensors[static_cast<size_t>(before)].shape;
        if (graph.tensors[static_cast<size_t>(reader->outputs[0])].shape != shape) continue;
        if (!fold_activation(*layer, *reader) && !fold_arithmetic(graph, *layer, *reader)) continue;
        op.outputs[0] = reader->outputs[0];
        graph.operators.erase(graph.operators.begin() + (reader - graph.operators.data()));
        return true;
    }
    return false;
}

}  // namespace

std::vector<float> real_values(const Tensor& tensor) {
    switch (tensor.type) {
        case TensorType::float32:
            return values_as<float>(tensor);
        case TensorType::float16: {
            std::vector<float> real;
            for (const uint16_t bits : values_as<uint16_t>(tensor))
                real.push_back(half_to_float(bits));
            return real;
        }
        case TensorType::int8:
            return scaled_values<int8_t>(tensor);
        case TensorType::uint8:
            return scaled_values<uint8_t>(tensor);
        case TensorType::int16:
            return scaled_values<int16_t>(tensor);
        case TensorType::int32:
            return scaled_values<int32_t>(tensor);
        default:
            break;
    }
    throw std::runtime_error(fmt::format("'{}' is {}, which holds no real numbers here",
                                         tensor.name, model::to_string(tensor.type)));
}

Graph folded(Graph graph) {
    model::validate(graph);
    make_constants_float(graph);
    while (fold_one(graph)) {
    }
    model::validate(graph);
    return graph;
}

}  // namespace ganglion::train
