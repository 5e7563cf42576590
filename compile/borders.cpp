#include "compile/borders.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

#include "compile/place.hpp"
#include "device/program/format.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;
using model::TensorType;

bool is_index(const Tensor& tensor) {
    return tensor.type == TensorType::int32 || tensor.type == TensorType::int64;
}

bool same_quantization(const Tensor& a, const Tensor& b) {
    return a.type == b.type && a.quantization.scales == b.quantization.scales &&
           zero_point(a) == zero_point(b);
}

/// A float32 input becomes the output of its readers, which all are the same QUANTIZE. Returns the
/// quantized tensor; -1 where it stays.
int32_t quantized_input(const Graph& graph, int32_t input) {
    int32_t result = -1;
    for (const Operator& op : graph.operators) {
        if (std::find(op.inputs.begin(), op.inputs.end(), input) == op.inputs.end()) continue;
        if (op.code != OperatorCode::quantize || op.outputs.size() != 1) return -1;
        const int32_t output = op.outputs[0];
        if (result >= 0 && !same_quantization(graph.tensors[result], graph.tensors[output])) {
            throw std::runtime_error("the float32 input '" + graph.tensors[input].name +
                                     "' is quantized in two ways; export the model with int8 "
                                     "inputs");
        }
        if (result < 0) result = output;
    }
    return result;
}

/// The quantized tensor behind a float32 output; -1 where there is none.
int32_t quantized_output(const Graph& graph, int32_t output) {
    for (const Operator& op : graph.operators) {
        if (op.code == OperatorCode::dequantize && op.outputs.size() == 1 &&
            op.outputs[0] == output && op.inputs.size() == 1 && op.inputs[0] >= 0) {
            return op.inputs[0];
        }
    }
    return -1;
}

void check_border(const Tensor& tensor, bool is_output) {
    const std::string name = "'" + tensor.name + "'";
    const int32_t zero = zero_point(tensor);
    int32_t low = -128;
    int32_t high = 127;
    if (tensor.type == TensorType::uint8) {
        low = 0;
        high = 255;
    } else if (tensor.type == TensorType::int16) {
        low = std::numeric_limits<int16_t>::min();
        high = std::numeric_limits<int16_t>::max();
    }
    const bool quantized = tensor.type == TensorType::int8 || tensor.type == TensorType::uint8 ||
                           tensor.type == TensorType::int16;
    const bool has_scale = quantized && tensor.quantization.scales.size() == 1;
    if (tensor.is_constant() || !(has_scale || (is_output && is_index(tensor)))) {
        throw std::runtime_error(
            name + " is " + model::to_string(tensor.type) +
            "; the model's input and output must be int8 with one scale, or uint8 or int16 with "
            "one, or float32 behind QUANTIZE and DEQUANTIZE: quantize the whole model to int8, "
            "inputs and outputs included");
    }
    if (tensor.shape.size() > 4) {
        throw std::runtime_error(name + " has " + std::to_string(tensor.shape.size()) +
                                 " dimensions; the model's input and output may have up to 4");
    }
    if (quantized && (zero < low || zero > high))
        throw std::runtime_error(name + " has a zero point outside " +
                                 model::to_string(tensor.type));
}

ElementType element_type(const Tensor& tensor) {
    switch (tensor.type) {
        case TensorType::uint8:
            return ElementType::uint8;
        case TensorType::int16:
            return ElementType::int16;
        case TensorType::int32:
        case TensorType::int64:
            return ElementType::int32;
        default:
            return ElementType::int8;
    }
}

}  // namespace

Graph with_quantized_borders(const Graph& graph) {
    Graph result = graph;
    std::vector<int32_t> renamed(graph.tensors.size(), -1);
    std::set<int32_t> gone;  // float32 tensors that only stood at the border
    for (int32_t& input : result.inputs) {
        if (graph.tensors[input].type != TensorType::float32) continue;
        const int32_t quantized = quantized_input(graph, input);
        if (quantized < 0) continue;
        gone.insert(input);
        for (const Operator& op : graph.operators) {
            if (op.code == OperatorCode::quantize && op.inputs[0] == input)
                renamed[op.outputs[0]] = quantized;
        }
        input = quantized;
    }
    const auto is_read = [&](int32_t tensor) {
        return std::any_of(graph.operators.begin(), graph.operators.end(), [&](const auto& op) {
            return std::find(op.inputs.begin(), op.inputs.end(), tensor) != op.inputs.end();
        });
    };
    for (int32_t& output : result.outputs) {
        if (graph.tensors[output].type != TensorType::float32) continue;
        const int32_t quantized = quantized_output(graph, output);
        if (quantized < 0) continue;
        if (!is_read(output)) gone.insert(output);
        output = quantized;
    }
    std::erase_if(result.operators, [&](const Operator& op) {
        const bool converts =
            op.code == OperatorCode::quantize || op.code == OperatorCode::dequantize;
        return converts && (gone.count(op.inputs[0]) != 0 || gone.count(op.outputs[0]) != 0);
    });
    const auto rename = [&](int32_t& number) {
        if (number >= 0 && renamed[number] >= 0) number = renamed[number];
    };
    for (Operator& op : result.operators) std::for_each(op.inputs.begin(), op.inputs.end(), rename);
    std::for_each(result.outputs.begin(), result.outputs.end(), rename);
    return result;
}

void check_borders(const Graph& graph) {
    if (graph.inputs.empty() || graph.outputs.empty())
        throw std::runtime_error("the model needs at least one input and one output");
    if (graph.inputs.size() > kMostBorderTensors || graph.outputs.size() > kMostBorderTensors) {
        throw std::runtime_error("the model has " + std::to_string(graph.inputs.size()) +
                                 " inputs and " + std::to_string(graph.outputs.size()) +
                                 " outputs; at most " + std::to_string(kMostBorderTensors) +
                                 " of each are supported");
    }
    if (std::set<int32_t>(graph.inputs.begin(), graph.inputs.end()).size() != graph.inputs.size())
        throw std::runtime_error("the model lists an input twice; list each tensor once");
    for (int32_t input : graph.inputs) check_border(graph.tensors[input], false);
    for (int32_t output : graph.outputs) check_border(graph.tensors[output], true);
}

uint32_t arena_bytes(const Tensor& tensor) {
    const uint32_t each =
        tensor.type == TensorType::int64 ? 4 : std::max(model::element_bytes(tensor.type), 1U);
    return static_cast<uint32_t>(tensor.elements()) * each;
}

TensorInfo border_of(const Tensor& tensor, uint32_t offset) {
    TensorInfo info{};
    info.offset = offset;
    info.bytes = arena_bytes(tensor);
    info.type = element_type(tensor);
    info.scale = is_index(tensor) ? 1.0F : tensor.quantization.scales[0];
    info.zero_point = is_index(tensor) ? 0 : zero_point(tensor);
    info.rank = static_cast<uint8_t>(std::max<size_t>(tensor.shape.size(), 1));
    for (size_t i = 0; i < 4; ++i)
        info.dims[i] = i < tensor.shape.size() ? static_cast<uint32_t>(tensor.shape[i]) : 1;
    return info;
}

}  // namespace ganglion::compile
