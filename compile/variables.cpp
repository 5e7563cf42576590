#include "compile/variables.hpp"

#include <stdexcept>
#include <utility>

namespace ganglion::compile {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using Name = std::pair<std::string, std::string>;  // container, name

Name name_of(const Operator& op) {
    const auto* options = std::get_if<model::VarHandleOptions>(&op.options);
    if (options == nullptr || op.outputs.size() != 1)
        throw std::runtime_error("a VAR_HANDLE operator has no name or no output");
    return {options->container, options->shared_name};
}

/// What the subgraph that runs once assigns.
void read_initial_values(const Graph& graph, std::map<Name, std::vector<uint8_t>>& values) {
    std::map<int32_t, Name> handles;
    for (const Operator& op : graph.operators) {
        if (op.code == OperatorCode::var_handle) {
            handles[op.outputs.empty() ? -1 : op.outputs[0]] = name_of(op);
            continue;
        }
        const bool assigns = op.code == OperatorCode::assign_variable && op.inputs.size() == 2 &&
                             handles.count(op.inputs[0]) != 0 && op.inputs[1] >= 0;
        if (!assigns || !graph.tensors[op.inputs[1]].is_constant()) {
            throw std::runtime_error(
                "the model's initialisation (CALL_ONCE) runs " + model::to_string(op.code) +
                "; it may only assign constants to variables: start from constant states");
        }
        const model::Tensor& value = graph.tensors[op.inputs[1]];
        if (value.type != model::TensorType::int8 && value.type != model::TensorType::int16) {
            throw std::runtime_error(
                "variable '" + handles[op.inputs[0]].second + "' starts as " +
                model::to_string(value.type) +
                "; only int8 and int16 are supported: quantize the whole model");
        }
        values[handles[op.inputs[0]]] = value.data;
    }
}

}  // namespace

Variables find_variables(const Graph& graph) {
    std::map<Name, std::vector<uint8_t>> values;
    for (const Operator& op : graph.operators) {
        if (op.code != OperatorCode::call_once) continue;
        const auto* options = std::get_if<model::CallOnceOptions>(&op.options);
        const auto count = static_cast<int32_t>(graph.others.size());
        if (options == nullptr || options->subgraph < 1 || options->subgraph > count)
            throw std::runtime_error("CALL_ONCE refers to a subgraph that does not exist");
        read_initial_values(graph.others[static_cast<size_t>(options->subgraph) - 1], values);
    }
    Variables result;
    std::map<Name, size_t> number;
    for (const Operator& op : graph.operators) {
        if (op.code != OperatorCode::var_handle) continue;
        const Name name = name_of(op);
        const auto value = values.find(name);
        if (value == values.end()) {
            throw std::runtime_error("variable '" + name.second +
                                     "' has no initial value; assign it one in CALL_ONCE");
        }
        const auto [entry, is_new] = number.try_emplace(name, result.list.size());
        if (is_new) result.list.push_back({name.second, value->second});
        result.of_handle[op.outputs[0]] = entry->second;
    }
    return result;
}

}  // namespace ganglion::compile
