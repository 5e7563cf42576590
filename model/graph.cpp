#include "model/graph.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tflite_schema.hpp"

namespace ganglion::model {
namespace {

std::string place(const Graph& graph, size_t tensor) {
    return "tensor " + std::to_string(tensor) + " ('" + graph.tensors[tensor].name + "')";
}

std::string place_of_operator(const Graph& graph, size_t index) {
    return "operator " + std::to_string(index) + " (" + to_string(graph.operators[index].code) +
           ")";
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw std::runtime_error(where + ": " + what);
}

void validate_shape(const Graph& graph, size_t index) {
    const Tensor& tensor = graph.tensors[index];
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    int64_t bytes = std::max(1U, element_bytes(tensor.type));
    if (tensor.shape.size() > 8) fail(place(graph, index), "more than 8 dimensions");
    for (int32_t dimension : tensor.shape) {
        if (dimension <= 0) {
            fail(place(graph, index), "dimension " + std::to_string(dimension) +
                                          " is not positive; export the model with fixed shapes");
        }
        bytes *= dimension;
        if (bytes > kMost) fail(place(graph, index), "larger than 2 GiB");
    }
    const uint32_t element = element_bytes(tensor.type);
    if (tensor.type == TensorType::int4) bytes = (bytes + 1) / 2;  // two elements a byte
    const bool is_known = element != 0 || tensor.type == TensorType::int4;
    if (tensor.is_constant() && is_known && bytes != static_cast<int64_t>(tensor.data.size())) {
        fail(place(graph, index), "holds " + std::to_string(tensor.data.size()) +
                                      " bytes of constants where its shape needs " +
                                      std::to_string(bytes));
    }
}

/// The compiler keeps notes on what is computed: a file of a few bytes must not ask for memory
/// without end.
void validate_total(const Graph& graph) {
    constexpr int64_t kMost = int64_t{1} << 26;
    int64_t elements = 0;
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        if (!graph.tensors[i].is_constant()) elements += graph.tensors[i].elements();
        if (elements > kMost)
            fail(place(graph, i),
                 "with it, what the graph computes is more than 67 million values");
    }
}

void validate_quantization(const Graph& graph, size_t index) {
    const Tensor& tensor = graph.tensors[index];
    const Quantization& quantization = tensor.quantization;
    for (float scale : quantization.scales) {
        if (!std::isfinite(scale) || scale <= 0)
            fail(place(graph, index), "a scale is not finite and positive");
    }
    const size_t scales = quantization.scales.size();
    if (!quantization.zero_points.empty() && quantization.zero_points.size() != scales) {
        fail(place(graph, index), "as many zero points as scales are needed");
    }
    if (scales > 1) {
        const auto rank = static_cast<int32_t>(tensor.shape.size());
        // Some exporters give a bias the axis of its weights; a vector has but one.
        const int32_t axis = rank == 1 ? 0 : quantization.axis;
        if (axis < 0 || axis >= rank || tensor.shape[axis] != static_cast<int64_t>(scales)) {
            fail(place(graph, index), "its number of scales differs from the quantized dimension");
        }
    }
}

void check_index(const Graph& graph, const std::string& where, int32_t tensor) {
    if (tensor < 0 || static_cast<size_t>(tensor) >= graph.tensors.size()) {
        fail(where, "refers to tensor " + std::to_string(tensor) + " of " +
                        std::to_string(graph.tensors.size()));
    }
}

/// Every operator reads only what is there before it, and writes what nobody wrote.
void validate_order(const Graph& graph) {
    std::vector<bool> written(graph.tensors.size());
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        written[i] = graph.tensors[i].is_constant() || graph.tensors[i].is_variable;
    }
    for (int32_t input : graph.inputs) {
        check_index(graph, "graph input", input);
        if (graph.tensors[input].is_constant())
            fail(place(graph, input), "is an input and a constant at once");
        written[input] = true;
    }
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const std::string where = place_of_operator(graph, i);
        for (int32_t input : graph.operators[i].inputs) {
            if (input == -1) continue;
            check_index(graph, where, input);
            if (!written[input])
                fail(where, "reads " + place(graph, input) + " before anything has written it");
        }
        for (int32_t output : graph.operators[i].outputs) {
            check_index(graph, where, output);
            if (written[output] && !graph.tensors[output].is_variable) {
                fail(where, "writes " + place(graph, output) + ", which already has a value");
            }
            written[output] = true;
        }
    }
    for (int32_t output : graph.outputs) {
        check_index(graph, "graph output", output);
        if (!written[output]) fail("graph output", place(graph, output) + " is never written");
    }
}

}  // namespace

std::string to_string(TensorType type) {
    switch (type) {
        case TensorType::float32:
            return "float32";
        case TensorType::float16:
            return "float16";
        case TensorType::int32:
            return "int32";
        case TensorType::uint8:
            return "uint8";
        case TensorType::int64:
            return "int64";
        case TensorType::string:
            return "string";
        case TensorType::boolean:
            return "bool";
        case TensorType::int16:
            return "int16";
        case TensorType::complex64:
            return "complex64";
        case TensorType::int8:
            return "int8";
        case TensorType::float64:
            return "float64";
        case TensorType::complex128:
            return "complex128";
        case TensorType::uint64:
            return "uint64";
        case TensorType::resource:
            return "resource";
        case TensorType::variant:
            return "variant";
        case TensorType::uint32:
            return "uint32";
        case TensorType::uint16:
            return "uint16";
        case TensorType::int4:
            return "int4";
    }
    return "type " + std::to_string(static_cast<int>(type));
}

uint32_t element_bytes(TensorType type) {
    switch (type) {
        case TensorType::uint8:
        case TensorType::boolean:
        case TensorType::int8:
            return 1;
        case TensorType::float16:
        case TensorType::int16:
        case TensorType::uint16:
            return 2;
        case TensorType::float32:
        case TensorType::int32:
        case TensorType::uint32:
            return 4;
        case TensorType::int64:
        case TensorType::complex64:
        case TensorType::float64:
        case TensorType::uint64:
            return 8;
        case TensorType::complex128:
            return 16;
        case TensorType::string:
        case TensorType::resource:
        case TensorType::variant:
        case TensorType::int4:
            return 0;
    }
    return 0;
}

int64_t Tensor::elements() const {
    int64_t product = 1;
    for (int32_t dimension : shape) product *= dimension;
    return product;
}

std::string to_string(OperatorCode code) {
    const std::string name =
        schema::EnumNameBuiltinOperator(static_cast<schema::BuiltinOperator>(code));
    return name.empty() ? "OPERATOR " + std::to_string(static_cast<int32_t>(code)) : name;
}

void validate(const Graph& graph) {
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        validate_shape(graph, i);
        validate_quantization(graph, i);
    }
    validate_total(graph);
    validate_order(graph);
    for (const Graph& other : graph.others) validate(other);
}

}  // namespace ganglion::model
