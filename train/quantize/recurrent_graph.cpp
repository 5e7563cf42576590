#include "train/quantize/recurrent_graph.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

#include "train/quantize/graph_parts.hpp"
#include "train/quantize/recurrent.hpp"

namespace ganglion::train {
namespace {

using model::OperatorCode;
using model::TensorType;

class Builder {
  public:
    Builder(model::Graph& graph, const FoldedLayer& layer, std::string name)
        : graph_(graph), layer_(layer), name_(std::move(name)) {}

    int32_t lstm(int32_t input, int32_t time) {
        const int32_t x = reshaped(input, {1, time, layer_.in}, "sequence");
        const auto hidden = activation_range(layer_.least, layer_.greatest);
        std::vector<int32_t> operands(24, -1);
        operands[0] = x;
        for (size_t gate = 0; gate < 4; ++gate) {
            operands[1 + gate] = weights(gate, 1, false);
            operands[5 + gate] = weights(gate, 1, true);
            operands[12 + gate] = bias(gate, 1, scale(x) * scale(operands[1 + gate]));
        }
        operands[18] = state("hidden", TensorType::int8, hidden);
        operands[19] = state("cell", TensorType::int16, {{cell_limit(layer_) / 32768}, {0}, 0});
        const int32_t all = add("states", {1, time, layer_.out}, hidden);
        append(OperatorCode::unidirectional_sequence_lstm, operands, all, model::LstmOptions{});
        const int32_t last = slice(all, {0, time - 1, 0}, {1, time, layer_.out}, "last");
        return reshaped(last, {1, layer_.out}, "state");
    }

    int32_t gru(int32_t input, int32_t time) {
        const int32_t out = layer_.out;
        const model::Quantization argument =
            activation_range(layer_.least_before, layer_.greatest_before);
        const model::Quantization hidden{{kGruStateScale}, {0}, 0};
        const model::Quantization twice{{2 * kGruStateScale}, {0}, 0};
        const model::Quantization share{{1.0F / 256}, {-128}, 0};
        // All that the inputs bring at once.
        const int32_t x = add("inputs", {time, 3 * out}, argument);
        dense(reshaped(input, {time, layer_.in}, "sequence"), weights(0, 3, false), 0, 3, x);
        const int32_t of_gates = weights(0, 2, true);
        const int32_t of_candidate = weights(2, 1, true);
        int32_t h = constant("begin", TensorType::int8, {1, out}, hidden,
                             std::vector<uint8_t>(static_cast<size_t>(out), 0));
        for (int32_t t = 0; t < time; ++t) {
            const auto named = [&](const char* what) { return fmt::format("{}_{}", what, t); };
            const auto result = [&](OperatorCode code, std::vector<int32_t> inputs,
                                    const char* what, int32_t values, model::Quantization range,
                                    const model::Options& options) {
                const int32_t to = add(named(what), {1, values}, std::move(range));
                append(code, std::move(inputs), to, options);
                return to;
            };
            const int32_t from_state = add(named("gates_of_state"), {1, 2 * out}, argument);
            dense(h, of_gates, 0, 0, from_state);
            const int32_t gates = result(
                OperatorCode::logistic,
                {result(OperatorCode::add,
                        {slice(x, {t, 0}, {t + 1, 2 * out}, named("gates_of_input")), from_state},
                        "arguments", 2 * out, argument, model::AddOptions{})},
                "gates", 2 * out, share, {});
            const int32_t update = slice(gates, {0, 0}, {1, out}, named("update"));
            const int32_t reset = slice(gates, {0, out}, {1, 2 * out}, named("reset"));
            const int32_t kept =
                result(OperatorCode::mul, {reset, h}, "kept", out, hidden, model::MulOptions{});
            const int32_t recalled = add(named("candidate_of_state"), {1, out}, argument);
            dense(kept, of_candidate, 2, 0, recalled);
            const int32_t candidate = result(
                OperatorCode::tanh,
                {result(OperatorCode::add,
                        {slice(x, {t, 2 * out}, {t + 1, 3 * out}, named("candidate_of_input")),
                         recalled},
                        "candidate_argument", out, argument, model::AddOptions{})},
                "candidate", out, hidden, {});
            const int32_t difference = result(OperatorCode::sub, {h, candidate}, "difference", out,
                                              twice, model::SubOptions{});
            const int32_t part = result(OperatorCode::mul, {update, difference}, "part", out, twice,
                                        model::MulOptions{});
            h = result(OperatorCode::add, {candidate, part}, "hidden", out, hidden,
                       model::AddOptions{});
        }
        return h;
    }

  private:
    float scale(int32_t tensor) const {
        return graph_.tensors[static_cast<size_t>(tensor)].quantization.scales[0];
    }

    int32_t put(model::Tensor tensor) {
        tensor.name = name_ + '/' + tensor.name;
        graph_.tensors.push_back(std::move(tensor));
        return static_cast<int32_t>(graph_.tensors.size()) - 1;
    }

    int32_t add(const std::string& name, std::vector<int32_t> shape, model::Quantization range) {
        return put({name, TensorType::int8, std::move(shape), std::move(range)});
    }

    int32_t constant(const std::string& name, TensorType type, std::vector<int32_t> shape,
                     model::Quantization range, std::vector<uint8_t> bytes) {
        return put({name, type, std::move(shape), std::move(range), std::move(bytes)});
    }

    int32_t numbers(const std::string& name, const std::vector<int32_t>& values) {
        return constant(name, TensorType::int32, {static_cast<int32_t>(values.size())}, {},
                        bytes_of(values));
    }

    int32_t state(const std::string& name, TensorType type, model::Quantization range) {
        model::Tensor tensor{name, type, {1, layer_.out}, std::move(range)};
        tensor.is_variable = true;
        return put(std::move(tensor));
    }

    void append(OperatorCode code, std::vector<int32_t> inputs, int32_t result,
                const model::Options& options) {
        graph_.operators.push_back({code, std::move(inputs), {result}, options, {}});
    }

    /// The weights of `count` gates, of the input or of the state, with one scale.
    int32_t weights(size_t gate, size_t count, bool of_state) {
        const auto out = static_cast<size_t>(layer_.out);
        const size_t columns = of_state ? out : static_cast<size_t>(layer_.in);
        const size_t begin = (of_state ? state_weights(layer_) : 0) + gate * out * columns;
        const auto real = std::span(layer_.weights).subspan(begin, count * out * columns);
        float most = 1e-8F * 127;
        for (const float weight : real) most = std::max(most, std::fabs(weight));
        const float scale = most / 127;
        std::vector<int8_t> steps;
        for (const float weight : real)
            steps.push_back(
                static_cast<int8_t>(std::clamp(std::nearbyint(weight / scale), -127.0F, 127.0F)));
        return constant(fmt::format("{}_weights_{}", of_state ? "state" : "input", gate),
                        TensorType::int8,
                        {static_cast<int32_t>(count * out), static_cast<int32_t>(columns)},
                        {{scale}, {0}, 0}, bytes_of(steps));
    }

    int32_t bias(size_t gate, size_t count, float scale) {
        const auto out = static_cast<size_t>(layer_.out);
        std::vector<int32_t> steps;
        for (size_t k = gate * out; k < (gate + count) * out; ++k) {
            const double place = static_cast<double>(layer_.bias[k]) / scale;
            steps.push_back(
                static_cast<int32_t>(std::llrint(std::clamp(place, -2147483647.0, 2147483647.0))));
        }
        return constant(fmt::format("bias_{}", gate), TensorType::int32,
                        {static_cast<int32_t>(count * out)}, {{scale}, {0}, 0}, bytes_of(steps));
    }

    /// A product with the biases of `biases` gates; 0: none.
    void dense(int32_t input, int32_t weights, size_t gate, size_t biases, int32_t result) {
        std::vector<int32_t> operands{input, weights};
        if (biases > 0) operands.push_back(bias(gate, biases, scale(input) * scale(weights)));
        append(OperatorCode::fully_connected, operands, result, model::FullyConnectedOptions{});
    }

    int32_t reshaped(int32_t tensor, const std::vector<int32_t>& shape, const std::string& name) {
        const auto range = graph_.tensors[static_cast<size_t>(tensor)].quantization;
        const int32_t result = add(name, shape, range);
        append(OperatorCode::reshape, {tensor, numbers(name + "_shape", shape)}, result,
               model::ReshapeOptions{shape});
        return result;
    }

    int32_t slice(int32_t tensor, const std::vector<int32_t>& begin,
                  const std::vector<int32_t>& end, const std::string& name) {
        std::vector<int32_t> shape;
        for (size_t d = 0; d < begin.size(); ++d) shape.push_back(end[d] - begin[d]);
        const auto range = graph_.tensors[static_cast<size_t>(tensor)].quantization;
        const int32_t result = add(name, shape, range);
        append(OperatorCode::strided_slice,
               {tensor, numbers(name + "_begin", begin), numbers(name + "_end", end),
                numbers(name + "_strides", std::vector<int32_t>(begin.size(), 1))},
               result, model::StridedSliceOptions{});
        return result;
    }

    model::Graph& graph_;
    const FoldedLayer& layer_;
    std::string name_;
};

}  // namespace

int32_t append_recurrent(model::Graph& graph, const FoldedLayer& layer, const std::string& name,
                         int32_t input, int32_t time) {
    Builder builder(graph, layer, name);
    return layer.kind == LayerKind::lstm ? builder.lstm(input, time) : builder.gru(input, time);
}

}  // namespace ganglion::train
