#include <algorithm>
#include <cmath>
#include <cstring>

#include "compile/place.hpp"

// Layers with a state of their own: LSTM and SVDF.

namespace ganglion::compile {
namespace {

using model::Tensor;
using model::TensorType;

double scale_of(const Tensor& tensor) {
    return tensor.quantization.scales[0];
}

/// The state that an operator keeps between runs.
const Tensor& state_of(const Place& place, size_t n, TensorType type, int64_t elements) {
    const Tensor& tensor = place.input(n);
    if (!tensor.is_variable || tensor.is_constant())
        place.fail("'" + tensor.name + "' must be a variable: a state that it keeps");
    if (tensor.type != type || tensor.quantization.scales.size() != 1) {
        place.fail("its state '" + tensor.name + "' is " + model::to_string(tensor.type) +
                   " where " + model::to_string(type) + " with one scale is expected");
    }
    if (tensor.elements() != elements) {
        place.fail("its state '" + tensor.name + "' must have " + std::to_string(elements) +
                   " elements");
    }
    return tensor;
}

/// Weights [rows, columns] with one scale.
const Tensor& matrix_of(const Place& place, size_t n, int64_t rows, int64_t columns) {
    const Tensor& weights = place.weights(n, 2);
    if (weights.shape[0] != rows || weights.shape[1] != columns) {
        place.fail("its weights '" + weights.name + "' must be " + std::to_string(rows) + "x" +
                   std::to_string(columns));
    }
    if (weights.quantization.scales.size() != 1)
        place.fail("its weights '" + weights.name + "' need one scale; quantize them per tensor");
    return weights;
}

int64_t row_sum(const Tensor& weights, size_t row) {
    const auto columns = static_cast<size_t>(weights.shape[1]);
    int64_t sum = 0;
    for (size_t i = row * columns; i < (row + 1) * columns; ++i)
        sum += static_cast<int8_t>(weights.data[i]);
    return sum;
}

/// Adds biases with what an input's zero point contributes, modulo 2^32 as the sums themselves are.
uint32_t add_bias(const Place& place, std::vector<int32_t> bias, const Tensor& weights,
                  const Tensor& input) {
    for (size_t i = 0; i < bias.size(); ++i) {
        bias[i] = static_cast<int32_t>(
            static_cast<uint32_t>(bias[i] - zero_point(input) * row_sum(weights, i)));
    }
    return place.constants().add(std::span<const int32_t>(bias));
}

LstmOp::Factor factor_of(const Place& place, double real) {
    const Multiplier factor = place.multiplier(real);
    return {factor.multiplier, factor.shift};
}

/// Positions of the format's 24 inputs.
struct GateInputs {
    size_t input_weights, recurrent_weights, bias;
};

constexpr size_t kHidden = 18;
constexpr size_t kCell = 19;
constexpr GateInputs kInputGate{1, 5, 12};
constexpr GateInputs kForgetGate{2, 6, 13};
constexpr GateInputs kCandidate{3, 7, 14};
constexpr GateInputs kOutputGate{4, 8, 15};

LstmOp::Gate gate_of(const Place& place, const GateInputs& at, const LstmOp& op) {
    constexpr double kArgumentScale = 1.0 / 4096.0;  // Q3.12
    if (!place.has_input(at.input_weights)) {
        place.fail(
            "it couples its input gate to its forget gate; export the layer with four gates");
    }
    const Tensor& input = place.input(0);
    const Tensor& hidden = place.input(kHidden);
    const Tensor& from_input = matrix_of(place, at.input_weights, op.units, op.inputs);
    const Tensor& from_hidden = matrix_of(place, at.recurrent_weights, op.units, op.units);
    LstmOp::Gate gate{};
    gate.input_weights = place.constants().add(std::span<const uint8_t>(from_input.data));
    gate.recurrent_weights = place.constants().add(std::span<const uint8_t>(from_hidden.data));
    gate.input_bias = add_bias(place, place.bias(at.bias, op.units), from_input, input);
    gate.recurrent_bias = add_bias(place, std::vector<int32_t>(op.units), from_hidden, hidden);
    // The reference rounds these products to float.
    const auto factor = [&](const Tensor& values, const Tensor& weights) {
        const float product = values.quantization.scales[0] * weights.quantization.scales[0];
        return factor_of(place, static_cast<double>(product) / kArgumentScale);
    };
    gate.from_input = factor(input, from_input);
    gate.from_hidden = factor(hidden, from_hidden);
    return gate;
}

void check_variant(const Place& place) {
    const auto has_any = [&](size_t begin, size_t end) {
        for (size_t n = begin; n < end; ++n) {
            if (place.has_input(n)) return true;
        }
        return false;
    };
    if (place.op().inputs.size() < 20) place.fail("its states are missing");
    if (has_any(9, 12)) place.fail("it has peephole weights; export a plain LSTM layer");
    if (has_any(16, 18)) {
        place.fail(
            "it has a projection; export a plain LSTM layer and a FULLY_CONNECTED behind it");
    }
    if (has_any(20, 24)) place.fail("it has layer normalization; export a plain LSTM layer");
}

/// What the cell goes through to become the argument of tanh, from a scale that is a power of two.
void set_cell_argument(const Place& place, const Tensor& cell, LstmOp& op) {
    constexpr int kMostShift = 14;
    int exponent = 0;
    if (std::frexp(cell.quantization.scales[0], &exponent) != 0.5F)
        place.fail("the scale of its cell state must be a power of two");
    const int shift = exponent - 1 + 12;
    if (shift > kMostShift || shift < -30)
        place.fail("the scale of its cell state must lie in [2^-42, 4]");
    op.cell_multiplier = shift >= 0 ? 3 << shift : 3;
    op.cell_shift = shift >= 0 ? 0 : -shift;
}

}  // namespace

Operation lower_lstm(const Place& place) {
    constexpr double kQ15 = 1.0 / 32768.0;
    const auto& options = place.options<model::LstmOptions>();
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    check_variant(place);
    if (options.activation != model::Activation::tanh)
        place.fail("its activation must be TANH; export a plain LSTM layer");
    if (options.projection_clip != 0.0F) place.fail("it clips a projection; export a plain LSTM");
    if (!(options.cell_clip >= 0.0F)) place.fail("its cell clip must not be negative");
    if (input.shape.size() != 3 || output.shape.size() != 3 || input.shape[0] != output.shape[0] ||
        input.shape[1] != output.shape[1]) {
        place.fail("its input and output must be [batch, time, values]");
    }
    LstmOp op{};
    op.header = {OpKind::lstm, sizeof op};
    op.is_time_major = options.time_major ? 1 : 0;
    op.batches = static_cast<uint32_t>(input.shape[options.time_major ? 1 : 0]);
    op.steps = static_cast<uint32_t>(input.shape[options.time_major ? 0 : 1]);
    op.inputs = static_cast<uint32_t>(input.shape[2]);
    op.units = static_cast<uint32_t>(output.shape[2]);
    if (op.inputs > kMostTaps || op.units > kMostTaps)
        place.fail("more than " + std::to_string(kMostTaps) + " inputs or units");
    const int64_t states = int64_t{op.batches} * op.units;
    const Tensor& hidden = state_of(place, kHidden, TensorType::int8, states);
    const Tensor& cell = state_of(place, kCell, TensorType::int16, states);
    if (zero_point(hidden) < -128 || zero_point(hidden) > 127 || zero_point(cell) != 0)
        place.fail("its states' zero points are out of range");
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.hidden = static_cast<uint32_t>(place.input_number(kHidden));
    op.cell = static_cast<uint32_t>(place.input_number(kCell));
    op.forget_gate = gate_of(place, kForgetGate, op);
    op.input_gate = gate_of(place, kInputGate, op);
    op.candidate = gate_of(place, kCandidate, op);
    op.output_gate = gate_of(place, kOutputGate, op);
    op.keep = factor_of(place, kQ15 * scale_of(cell) / scale_of(cell));
    op.take = factor_of(place, kQ15 * kQ15 / scale_of(cell));
    op.result = factor_of(place, kQ15 * kQ15 / scale_of(hidden));
    set_cell_argument(place, cell, op);
    op.range = {static_cast<int16_t>(zero_point(hidden)), -128, 127};
    op.cell_clip = static_cast<int16_t>(
        std::min(static_cast<double>(options.cell_clip) / scale_of(cell), 32767.0));
    return op;
}

Operation lower_svdf(const Place& place) {
    const auto& options = place.options<model::SvdfOptions>();
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    if (options.activation != model::Activation::none &&
        options.activation != model::Activation::relu) {
        place.fail("its fused activation must be none or RELU; use an operator behind it");
    }
    if (input.shape.size() != 2 || output.shape.size() != 2 || input.shape[0] != output.shape[0])
        place.fail("its input and output must be [batch, values]");
    const Tensor& features = place.weights(1, 2);
    const Tensor& time = place.input(2);
    if (options.rank < 1 || features.shape[0] % options.rank != 0 ||
        features.shape[0] / options.rank != output.shape[1]) {
        place.fail("its rank, filters and outputs do not fit each other");
    }
    SvdfOp op{};
    op.header = {OpKind::svdf, sizeof op};
    op.batches = static_cast<uint32_t>(input.shape[0]);
    op.inputs = static_cast<uint32_t>(input.shape[1]);
    op.filters = static_cast<uint32_t>(features.shape[0]);
    op.rank = static_cast<uint32_t>(options.rank);
    if (op.inputs > kMostTaps) place.fail("more than " + std::to_string(kMostTaps) + " inputs");
    (void)matrix_of(place, 1, op.filters, op.inputs);
    if ((time.type != TensorType::int8 && time.type != TensorType::int16) || !time.is_constant() ||
        time.shape.size() != 2 || time.shape[0] != features.shape[0] ||
        time.quantization.scales.size() != 1 || zero_point(time) != 0) {
        place.fail("its weights in time must be constant int8 or int16 with one scale, " +
                   std::to_string(op.filters) + " rows");
    }
    op.memory = static_cast<uint32_t>(time.shape[1]);
    op.state_bytes = static_cast<uint16_t>(model::element_bytes(time.type));
    const Tensor& state =
        state_of(place, 4, time.type, int64_t{op.batches} * op.filters * op.memory);
    const int32_t state_zero = zero_point(state);
    if (op.state_bytes == 1 ? state_zero < -128 || state_zero > 127 : state_zero != 0)
        place.fail("its state's zero point is out of range");
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.state = static_cast<uint32_t>(place.input_number(4));
    op.state_zero_point = static_cast<int16_t>(state_zero);
    op.features = place.constants().add(std::span<const uint8_t>(features.data));
    op.feature_bias = add_bias(place, std::vector<int32_t>(op.filters), features, input);
    op.time = place.constants().add(std::span<const uint8_t>(time.data));
    std::vector<int32_t> bias = place.bias(3, op.filters / op.rank);
    if (state_zero != 0) {
        for (size_t i = 0; i < time.data.size(); ++i) {
            const size_t unit = i / (size_t{op.memory} * op.rank);
            const int32_t product = state_zero * static_cast<int8_t>(time.data[i]);
            bias[unit] = static_cast<int32_t>(static_cast<uint32_t>(bias[unit]) -
                                              static_cast<uint32_t>(product));
        }
    }
    op.bias = place.constants().add(std::span<const int32_t>(bias));
    // The reference rounds these factors to float.
    const float feature_factor = input.quantization.scales[0] * features.quantization.scales[0] /
                                 state.quantization.scales[0];
    const float factor =
        state.quantization.scales[0] * time.quantization.scales[0] / output.quantization.scales[0];
    const Multiplier of_features = place.multiplier(static_cast<double>(feature_factor));
    const Multiplier of_time = place.multiplier(static_cast<double>(factor));
    op.feature_multiplier = of_features.multiplier;
    op.feature_shift = of_features.shift;
    op.multiplier = of_time.multiplier;
    op.shift = of_time.shift;
    op.range = {static_cast<int16_t>(zero_point(output)), -128, 127};
    return op;
}

}  // namespace ganglion::compile
