#include "compile/passes/only_class.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ganglion::compile {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;
using model::TensorType;

Graph only_class(const Graph& graph) {
    Graph result = graph;
    const Tensor& output = graph.tensors[graph.outputs.at(0)];
    if (graph.outputs.size() != 1 || output.type != TensorType::int8 || output.shape.size() < 2 ||
        output.shape.back() < 2) {
        throw std::runtime_error(
            "the class alone is known of one int8 output of several values; '" + output.name +
            "' is none: compile without it");
    }
    int32_t values = graph.outputs[0];
    auto& operators = result.operators;
    const auto softmax = std::find_if(operators.begin(), operators.end(), [&](const Operator& op) {
        return op.code == OperatorCode::softmax && op.outputs.at(0) == values;
    });
    const bool is_read = std::any_of(operators.begin(), operators.end(), [&](const Operator& op) {
        return std::find(op.inputs.begin(), op.inputs.end(), values) != op.inputs.end();
    });
    if (softmax != operators.end()) {
        values = softmax->inputs.at(0);
        if (!is_read) operators.erase(softmax);
    }
    const auto last = static_cast<int32_t>(output.shape.size()) - 1;
    Tensor axis{.name = "class axis", .type = TensorType::int32, .shape = {1}};
    axis.data.resize(sizeof(int32_t));
    std::memcpy(axis.data.data(), &last, sizeof last);
    Tensor index{.name = output.name + ", its class",
                 .type = TensorType::int32,
                 .shape = {output.shape.begin(), output.shape.end() - 1}};
    const auto count = static_cast<int32_t>(result.tensors.size());
    result.tensors.push_back(std::move(axis));
    result.tensors.push_back(std::move(index));
    operators.push_back({OperatorCode::arg_max, {values, count}, {count + 1}, {}, {}});
    result.outputs = {count + 1};
    return result;
}

}  // namespace ganglion::compile
