#include "train/quantize/float_graph.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "train/quantize/float_operators.hpp"

namespace ganglion::train {

FloatGraph::FloatGraph(model::Graph graph) : graph_(std::move(graph)) {
    model::validate(graph_);
    if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1) {
        throw std::runtime_error(fmt::format("{} inputs and {} outputs where one of each is known",
                                             graph_.inputs.size(), graph_.outputs.size()));
    }
    for (const int32_t border : {graph_.inputs[0], graph_.outputs[0]}) {
        const auto& tensor = graph_.tensors[static_cast<size_t>(border)];
        if (tensor.type == model::TensorType::float32) continue;
        throw std::runtime_error(fmt::format("'{}' is {} where float32 is needed", tensor.name,
                                             model::to_string(tensor.type)));
    }
    values_.resize(graph_.tensors.size());
    for (size_t i = 0; i < values_.size(); ++i) {
        const auto& tensor = graph_.tensors[i];
        if (tensor.type != model::TensorType::float32) continue;
        values_[i].resize(static_cast<size_t>(tensor.elements()));
        if (tensor.is_constant())
            std::memcpy(values_[i].data(), tensor.data.data(), tensor.data.size());
    }
    for (const auto& op : graph_.operators) {
        if (op.outputs.size() != 1) {
            throw std::runtime_error(
                fmt::format("{}: several outputs are not known", model::to_string(op.code)));
        }
    }
}

size_t FloatGraph::input_values() const {
    return values_[static_cast<size_t>(graph_.inputs[0])].size();
}

size_t FloatGraph::output_values() const {
    return values_[static_cast<size_t>(graph_.outputs[0])].size();
}

std::span<const float> FloatGraph::run(std::span<const float> input) {
    if (input.size() != input_values()) {
        throw std::runtime_error(fmt::format("an input of {} values for a model that takes {}",
                                             input.size(), input_values()));
    }
    values_[static_cast<size_t>(graph_.inputs[0])].assign(input.begin(), input.end());
    for (const auto& op : graph_.operators) run_float_operator({graph_, op, values_});
    return values_[static_cast<size_t>(graph_.outputs[0])];
}

}  // namespace ganglion::train
