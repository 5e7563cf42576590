#pragma once

#include <cstring>
#include <vector>

#include "compile/testing/reference_int16.hpp"

// The plain interpreter's layers with a state, in one run from the initial state.

namespace ganglion::compile::reference {

inline int32_t entry_of(const Tensor& tensor, size_t n) {
    int32_t value = 0;
    std::memcpy(&value, tensor.data.data() + 4 * n, 4);
    return value;
}

/// One row of weights times values less their zero point, scaled by a factor, as int16.
inline int32_t row_product(const Tensor& weights, size_t row, const std::vector<int32_t>& centred,
                           int32_t bias, double factor) {
    int32_t sum = bias;
    for (size_t i = 0; i < centred.size(); ++i)
        sum += centred[i] * static_cast<int8_t>(weights.data[row * centred.size() + i]);
    return std::clamp(scale_by(sum, factor), -32768, 32767);
}

inline std::vector<int8_t> of_lstm(const Graph& graph, const Operator& op,
                                   const std::vector<int8_t>& in) {
    const auto& options = std::get<model::LstmOptions>(op.options);
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& hidden = graph.tensors[op.inputs[18]];
    const Tensor& cell = graph.tensors[op.inputs[19]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const auto size = [](const Tensor& tensor, size_t d) {
        return static_cast<size_t>(tensor.shape[d]);
    };
    const size_t batches = size(input, options.time_major ? 1 : 0);
    const size_t steps = size(input, options.time_major ? 0 : 1);
    const size_t inputs = size(input, 2);
    const size_t units = size(output, 2);
    const auto limit = [](int32_t value) { return std::clamp(value, -32768, 32767); };
    std::vector<int8_t> result(batches * steps * units);
    for (size_t batch = 0; batch < batches; ++batch) {
        std::vector<int32_t> h(units, 0);  // less its zero point
        std::vector<int32_t> c(units, 0);
        for (size_t step = 0; step < steps; ++step) {
            const size_t row = options.time_major ? step * batches + batch : batch * steps + step;
            std::vector<int32_t> x;
            for (size_t i = 0; i < inputs; ++i) x.push_back(in[row * inputs + i] - zero(input));
            // Gates in the format's order: input, forget, cell, output.
            const auto argument = [&](size_t gate, size_t unit) {
                const Tensor& of_input = graph.tensors[op.inputs[1 + gate]];
                const Tensor& of_hidden = graph.tensors[op.inputs[5 + gate]];
                const int32_t bias = entry_of(graph.tensors[op.inputs[12 + gate]], unit);
                const float from_input = scale(input) * scale(of_input);
                const float from_hidden = scale(hidden) * scale(of_hidden);
                return 3 * limit(row_product(of_input, unit, x, bias, double{from_input} * 4096) +
                                 row_product(of_hidden, unit, h, 0, double{from_hidden} * 4096));
            };
            std::vector<int32_t> next(units);
            for (size_t unit = 0; unit < units; ++unit) {
                const int32_t take = sigmoid::logistic(argument(0, unit));
                const int32_t keep = sigmoid::logistic(argument(1, unit));
                const int32_t candidate = sigmoid::tanh(argument(2, unit));
                const int32_t show = sigmoid::logistic(argument(3, unit));
                int32_t value =
                    limit(limit(scale_by(keep * c[unit], 1.0 / 32768)) +
                          limit(scale_by(take * candidate, 1.0 / 32768 / 32768 / scale(cell))));
                const double clip = options.cell_clip / double{scale(cell)};
                if (options.cell_clip > 0) {
                    const auto most = static_cast<int32_t>(std::min(clip, 32767.0));
                    value = std::clamp(value, -most, most);
                }
                c[unit] = value;
                const double wide = value * 3 * (double{scale(cell)} * 4096);
                const auto of_cell = static_cast<int32_t>(std::floor(wide + 0.5));
                const int32_t shown =
                    scale_by(sigmoid::tanh(of_cell) * show, 1.0 / 32768 / 32768 / scale(hidden));
                const int32_t entry = std::clamp(shown + zero(hidden), -128, 127);
                next[unit] = entry - zero(hidden);
                result[row * units + unit] = static_cast<int8_t>(entry);
            }
            h = next;
        }
    }
    return result;
}

inline std::vector<int8_t> of_svdf(const Graph& graph, const Operator& op,
                                   const std::vector<int8_t>& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& features = graph.tensors[op.inputs[1]];
    const Tensor& time = graph.tensors[op.inputs[2]];
    const Tensor& bias = graph.tensors[op.inputs[3]];
    const Tensor& state = graph.tensors[op.inputs[4]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const auto rank = static_cast<size_t>(std::get<model::SvdfOptions>(op.options).rank);
    const auto inputs = static_cast<size_t>(input.shape[1]);
    const auto memory = static_cast<size_t>(time.shape[1]);
    const bool wide = time.type == model::TensorType::int16;
    const float to_state = scale(input) * scale(features) / scale(state);
    const float to_output = scale(state) * scale(time) / scale(output);
    std::vector<int8_t> result;
    for (size_t batch = 0; batch < static_cast<size_t>(input.shape[0]); ++batch) {
        std::vector<int32_t> x;
        for (size_t i = 0; i < inputs; ++i) x.push_back(in[batch * inputs + i] - zero(input));
        for (size_t unit = 0; unit < static_cast<size_t>(output.shape[1]); ++unit) {
            int32_t sum = entry_of(bias, unit);
            for (size_t n = 0; n < rank; ++n) {
                const size_t filter = unit * rank + n;
                int32_t product = 0;
                for (size_t i = 0; i < inputs; ++i)
                    product += x[i] * static_cast<int8_t>(features.data[filter * inputs + i]);
                const int32_t most = wide ? 32767 : 127;
                int32_t newest = std::clamp(scale_by(product, double{to_state}), -most - 1, most);
                // An int8 state has a zero point, with which the reference wraps around.
                if (!wide) newest = static_cast<int8_t>(newest + zero(state)) - zero(state);
                // All older entries are real 0; the newest meets the last weight in time.
                const size_t last = filter * memory + memory - 1;
                auto weight = static_cast<int16_t>((time.data[last] ^ 0x80) - 0x80);
                if (wide) std::memcpy(&weight, time.data.data() + 2 * last, 2);
                sum += newest * weight;
            }
            result.push_back(static_cast<int8_t>(
                std::clamp(scale_by(sum, double{to_output}) + zero(output), -128, 127)));
        }
    }
    return result;
}

}  // namespace ganglion::compile::reference
