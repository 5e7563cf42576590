#include "compile/passes/fold_constants.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>

#include "compile/compile.hpp"
#include "compile/operators.hpp"
#include "device/program/program.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;
using model::TensorType;
using Bytes = std::vector<uint8_t>;

bool is_integer(TensorType type) {
    return type == TensorType::int8 || type == TensorType::uint8 || type == TensorType::int16;
}

template <typename Value>
std::vector<Value> values_of(const Tensor& tensor) {
    std::vector<Value> values(tensor.data.size() / sizeof(Value));
    std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(Value));
    return values;
}

Bytes transposed(const Tensor& input, const std::vector<int32_t>& order) {
    const size_t rank = input.shape.size();
    const size_t each = model::element_bytes(input.type);
    std::vector<bool> seen(rank);
    for (int32_t axis : order) {
        if (axis >= 0 && static_cast<size_t>(axis) < rank) seen[static_cast<size_t>(axis)] = true;
    }
    if (order.size() != rank || each == 0 || std::count(seen.begin(), seen.end(), false) != 0)
        throw std::runtime_error("no order of the dimensions");
    std::vector<size_t> strides(rank, each);  // of the input, in bytes
    for (size_t i = rank; i-- > 1;)
        strides[i - 1] = strides[i] * static_cast<size_t>(input.shape[i]);
    Bytes result;
    std::vector<int32_t> at(rank);  // in the output
    for (int64_t n = input.elements(); n > 0; --n) {
        size_t from = 0;
        for (size_t i = 0; i < rank; ++i)
            from += static_cast<size_t>(at[i]) * strides[static_cast<size_t>(order[i])];
        result.insert(result.end(), input.data.begin() + static_cast<std::ptrdiff_t>(from),
                      input.data.begin() + static_cast<std::ptrdiff_t>(from + each));
        for (size_t i = rank; i-- > 0;) {
            if (++at[i] < input.shape[static_cast<size_t>(order[i])]) break;
            at[i] = 0;
        }
    }
    return result;
}

/// Scale and zero point of an element.
class Affine {
  public:
    explicit Affine(const Tensor& tensor) : quantization_(tensor.quantization) {
        const auto axis = static_cast<size_t>(quantization_.axis);
        const size_t scales = quantization_.scales.size();
        if (scales == 0 || (scales > 1 && axis >= tensor.shape.size()))
            throw std::runtime_error("no scale");
        for (size_t i = axis + 1; i < tensor.shape.size(); ++i)
            inner_ *= static_cast<size_t>(tensor.shape[i]);
    }
    float scale(size_t element) const { return quantization_.scales[index(element)]; }
    int64_t zero(size_t element) const {
        const auto& zeros = quantization_.zero_points;
        return zeros.empty() ? 0 : zeros[zeros.size() == 1 ? 0 : index(element)];
    }

  private:
    size_t index(size_t element) const { return element / inner_ % quantization_.scales.size(); }
    const model::Quantization& quantization_;
    size_t inner_ = 1;
};

template <typename Value>
Bytes dequantized(const Tensor& input) {
    const Affine affine(input);
    const std::vector<Value> values = values_of<Value>(input);
    Bytes result(values.size() * sizeof(float));
    for (size_t i = 0; i < values.size(); ++i) {
        const auto real = static_cast<float>(static_cast<double>(affine.scale(i)) *
                                             static_cast<double>(values[i] - affine.zero(i)));
        std::memcpy(result.data() + i * sizeof real, &real, sizeof real);
    }
    return result;
}

template <typename Value>
Bytes quantized(const Tensor& input, const Tensor& output) {
    const Affine affine(output);
    const std::vector<float> reals = values_of<float>(input);
    Bytes result(reals.size() * sizeof(Value));
    for (size_t i = 0; i < reals.size(); ++i) {
        const float steps = std::round(reals[i] / affine.scale(i));
        const double limited =
            std::clamp(static_cast<double>(steps) + static_cast<double>(affine.zero(i)),
                       static_cast<double>(std::numeric_limits<Value>::min()),
                       static_cast<double>(std::numeric_limits<Value>::max()));
        const auto value = static_cast<Value>(limited);
        std::memcpy(result.data() + i * sizeof value, &value, sizeof value);
    }
    return result;
}

/// Runs one operator on this machine: its data become the inputs of a graph of its own.
class Evaluation {
  public:
    Evaluation(const Graph& graph, const Operator& op) : op_(op) {
        graph_.operators = {op};
        graph_.tensors = graph.tensors;
        for (int32_t input : data_inputs()) {
            if (std::find(graph_.inputs.begin(), graph_.inputs.end(), input) ==
                graph_.inputs.end()) {
                graph_.inputs.push_back(input);
                graph_.tensors[input].data.clear();
            }
        }
        graph_.outputs = op.outputs;
    }

    std::vector<Bytes> run(const Graph& graph) const {
        const std::vector<uint8_t> bytes = compile(graph_, target_by_name("portable")).program;
        std::vector<Aligned> code((bytes.size() + sizeof(Aligned) - 1) / sizeof(Aligned));
        std::memcpy(code.data(), bytes.data(), bytes.size());
        Program program;
        if (program.load({code.data()->bytes, bytes.size()}) != Status::ok)
            throw std::logic_error("the program of one operator does not load");
        std::vector<Aligned> memory(program.arena_bytes() / sizeof(Aligned) + 1);
        auto* arena = reinterpret_cast<int8_t*>(memory.data());
        for (uint32_t i = 0; i < program.input_count(); ++i) {
            const Bytes& data = graph.tensors[graph_.inputs[i]].data;
            std::memcpy(arena + program.input(i).offset, data.data(), data.size());
        }
        program.run({arena, program.arena_bytes()});
        std::vector<Bytes> results;
        for (uint32_t i = 0; i < program.output_count(); ++i) {
            const int8_t* from = arena + program.output(i).offset;
            results.emplace_back(from, from + program.output(i).bytes);
        }
        return results;
    }

  private:
    struct alignas(16) Aligned {
        uint8_t bytes[16];
    };

    std::vector<int32_t> data_inputs() const {
        if (op_.code == OperatorCode::concatenation || op_.code == OperatorCode::pack)
            return op_.inputs;
        if (op_.code == OperatorCode::transpose_conv && op_.inputs.size() > 2)
            return {op_.inputs[2]};
        for (int32_t input : op_.inputs) {
            if (input >= 0 && is_integer(graph_.tensors[input].type)) return {input};
        }
        throw std::runtime_error("nothing to compute with");
    }

    const Operator& op_;
    Graph graph_;
};

bool all_constant(const Graph& graph, const Operator& op) {
    return !op.inputs.empty() &&
           std::all_of(op.inputs.begin(), op.inputs.end(), [&](int32_t input) {
               return input < 0 || graph.tensors[input].is_constant();
           });
}

Bytes converted(const Tensor& input, const Tensor& output) {
    switch (input.type == TensorType::float32 ? output.type : input.type) {
        case TensorType::int8:
            return input.type == TensorType::float32 ? quantized<int8_t>(input, output)
                                                     : dequantized<int8_t>(input);
        case TensorType::uint8:
            return input.type == TensorType::float32 ? quantized<uint8_t>(input, output)
                                                     : dequantized<uint8_t>(input);
        case TensorType::int16:
            return input.type == TensorType::float32 ? quantized<int16_t>(input, output)
                                                     : dequantized<int16_t>(input);
        default:
            throw std::runtime_error("no such conversion");
    }
}

/// What the operator's outputs always are; empty where that is not known.
std::optional<std::vector<Bytes>> constant_outputs(const Graph& graph, const Operator& op) {
    if (!all_constant(graph, op) || concerns_variables(op.code) || op.outputs.empty())
        return std::nullopt;
    for (int32_t output : op.outputs) {
        if (std::find(graph.outputs.begin(), graph.outputs.end(), output) != graph.outputs.end())
            return std::nullopt;
    }
    try {
        std::vector<Bytes> results = computed(graph, op);
        for (size_t i = 0; i < op.outputs.size(); ++i) {
            const Tensor& tensor = graph.tensors[op.outputs[i]];
            const auto bytes =
                static_cast<size_t>(tensor.elements()) * model::element_bytes(tensor.type);
            if (i >= results.size() || results[i].empty() || results[i].size() != bytes)
                return std::nullopt;
        }
        return results;
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

}  // namespace

std::vector<std::vector<uint8_t>> computed(const Graph& graph, const Operator& op) {
    const Tensor& input = graph.tensors[std::max(op.inputs[0], 0)];
    const Tensor& output = graph.tensors[op.outputs[0]];
    if (only_renames(op.code)) return {input.data};
    if (op.code == OperatorCode::transpose && op.inputs.size() == 2)
        return {transposed(input, values_of<int32_t>(graph.tensors[op.inputs[1]]))};
    if (input.type == TensorType::float32 ? op.code == OperatorCode::quantize
                                          : op.code == OperatorCode::dequantize)
        return {converted(input, output)};
    for (int32_t number : op.outputs) {
        if (!is_integer(graph.tensors[number].type)) throw std::runtime_error("no integers");
    }
    return Evaluation(graph, op).run(graph);
}

Graph fold_constants(const Graph& graph) {
    Graph result = graph;
    result.operators.clear();
    for (const Operator& op : graph.operators) {
        const auto outputs = constant_outputs(result, op);
        if (!outputs) {
            result.operators.push_back(op);
            continue;
        }
        for (size_t i = 0; i < op.outputs.size(); ++i)
            result.tensors[op.outputs[i]].data = (*outputs)[i];
    }
    return result;
}

}  // namespace ganglion::compile
