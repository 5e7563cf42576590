#pragma once

#include <cstring>
#include <vector>

#include "compile/testing/reference_numbers.hpp"

// The plain interpreter's operators on elements: functions of two values, reductions.

namespace ganglion::compile::reference {

using model::Graph;
using model::Operator;
using model::OperatorCode;

/// Position of an element of `of_shape` that stands at `index` of `shape`: dimensions counted from
/// the last, 0 where it has only one.
inline size_t position_of(const std::vector<int32_t>& index, const std::vector<int32_t>& of_shape) {
    size_t at = 0;
    for (size_t i = 0; i < of_shape.size(); ++i) {
        const int32_t here = index[index.size() - of_shape.size() + i];
        at = at * static_cast<size_t>(of_shape[i]) +
             static_cast<size_t>(of_shape[i] == 1 ? 0 : here);
    }
    return at;
}

/// Calls visit(index) for each element of a shape, in order.
template <typename Visit>
void for_each_index(const std::vector<int32_t>& shape, Visit visit) {
    int64_t count = 1;
    for (int32_t size : shape) count *= size;
    for (int64_t n = 0; n < count; ++n) {
        std::vector<int32_t> index(shape.size());
        int64_t rest = n;
        for (size_t i = shape.size(); i-- > 0; rest /= shape[i])
            index[i] = static_cast<int32_t>(rest % shape[i]);
        visit(index);
    }
}

inline int8_t of_float(OperatorCode code, const Tensor& in, const Tensor& out, int32_t centred) {
    const float real = scale(in) * static_cast<float>(centred);
    float result = std::exp(real);
    if (code == OperatorCode::elu) result = real < 0 ? result - 1.0F : real;
    const float value = std::round(result * (1.0F / scale(out))) + static_cast<float>(zero(out));
    return static_cast<int8_t>(std::clamp(value, -128.0F, 127.0F));
}

/// The result of one pair, without the output's zero point. x, y: values less their zero points.
inline int32_t of_pair(OperatorCode code, const Tensor& a, const Tensor& b, const Tensor& out,
                       int32_t x, int32_t y) {
    const double largest = std::max(scale(a), scale(b));
    const auto on_common = [&](int32_t value, const Tensor& side, int bits) {
        return scale_by(value * (1 << bits), scale(side) / (2 * largest));
    };
    switch (code) {
        case OperatorCode::add:
            return scale_by(on_common(x, a, 20) + on_common(y, b, 20),
                            2 * largest / ((1 << 20) * double{scale(out)}));
        case OperatorCode::sub: {
            const float twice = 2 * std::max(scale(a), scale(b));
            const int32_t first = scale_by(x * (1 << 20), double{scale(a) / twice});
            const int32_t second = scale_by(y * (1 << 20), double{scale(b) / twice});
            return scale_by(first - second, double{twice / ((1 << 20) * scale(out))});
        }
        case OperatorCode::squared_difference: {
            const int32_t difference = on_common(x, a, 7) - on_common(y, b, 7);
            return scale_by(difference * difference,
                            (2 * largest) * (2 * largest) / ((1 << 14) * double{scale(out)}));
        }
        case OperatorCode::mul:
            return scale_by(x * y, double{scale(a)} * scale(b) / scale(out));
        case OperatorCode::prelu:
            return x >= 0 ? scale_by(x, double{scale(a)} / scale(out))
                          : scale_by(x * y, double{scale(a)} * scale(b) / scale(out));
        case OperatorCode::maximum:
            return std::max(x, y);
        default:
            return std::min(x, y);
    }
}

inline std::vector<int8_t> of_pairs(const Graph& graph, const Operator& op,
                                    const std::vector<int8_t>& first,
                                    const std::vector<int8_t>& second) {
    const Tensor& a = graph.tensors[op.inputs[0]];
    const Tensor& b = graph.tensors[op.inputs[1]];
    const Tensor& out = graph.tensors[op.outputs[0]];
    auto activation = model::Activation::none;
    if (const auto* o = std::get_if<model::AddOptions>(&op.options)) activation = o->activation;
    if (const auto* o = std::get_if<model::SubOptions>(&op.options)) activation = o->activation;
    if (const auto* o = std::get_if<model::MulOptions>(&op.options)) activation = o->activation;
    std::vector<int8_t> result;
    for_each_index(out.shape, [&](const std::vector<int32_t>& index) {
        const int32_t x = first[position_of(index, a.shape)] - zero(a);
        const int32_t y = second[position_of(index, b.shape)] - zero(b);
        result.push_back(activate(of_pair(op.code, a, b, out, x, y), out, activation));
    });
    return result;
}

/// The factor of a mean of `count` values: the scales' factor, its mantissa divided.
inline Factor mean_factor(double real, int64_t count) {
    Factor factor = factor_of(real);
    int bits = 0;
    while (count >> (bits + 1) != 0) ++bits;
    bits = std::min(bits, 31 + factor.exponent);
    return {(factor.mantissa << bits) / count, factor.exponent - bits};
}

/// MEAN, SUM, REDUCE_MAX, REDUCE_MIN; ARG_MAX and ARG_MIN give the bytes of int32.
inline std::vector<int8_t> of_reduction(const Graph& graph, const Operator& op,
                                        const std::vector<int8_t>& values) {
    const Tensor& in = graph.tensors[op.inputs[0]];
    const Tensor& out = graph.tensors[op.outputs[0]];
    const Tensor& axes = graph.tensors[op.inputs[1]];
    std::vector<int32_t> kept = in.shape;  // 1 along the axes
    for (size_t i = 0; i < axes.data.size() / 4; ++i) {
        int32_t axis = 0;
        std::memcpy(&axis, axes.data.data() + 4 * i, 4);
        kept[static_cast<size_t>(axis < 0 ? axis + static_cast<int32_t>(kept.size()) : axis)] = 1;
    }
    std::vector<std::vector<int32_t>> groups(static_cast<size_t>(out.elements()));
    for_each_index(in.shape, [&](const std::vector<int32_t>& index) {
        groups[position_of(index, kept)].push_back(values[position_of(index, in.shape)]);
    });
    std::vector<int8_t> result;
    for (const std::vector<int32_t>& group : groups) {
        const auto most = std::max_element(group.begin(), group.end());
        const auto least = std::min_element(group.begin(), group.end());
        int32_t sum = 0;
        for (int32_t value : group) sum += value - zero(in);
        const bool is_mean = op.code == OperatorCode::mean;
        if (is_mean || op.code == OperatorCode::sum) {
            const double real = double{scale(in)} / scale(out);
            const auto count = static_cast<int64_t>(group.size());
            const Factor factor = is_mean ? mean_factor(real, count) : factor_of(real);
            result.push_back(activate(scale_by(sum, factor), out, model::Activation::none));
        } else if (op.code == OperatorCode::reduce_max) {
            result.push_back(static_cast<int8_t>(*most));
        } else if (op.code == OperatorCode::reduce_min) {
            result.push_back(static_cast<int8_t>(*least));
        } else {
            const auto found = op.code == OperatorCode::arg_max ? most : least;
            const auto place = static_cast<int32_t>(found - group.begin());
            int8_t bytes[4];
            std::memcpy(bytes, &place, sizeof bytes);
            result.insert(result.end(), bytes, bytes + sizeof bytes);
        }
    }
    return result;
}

}  // namespace ganglion::compile::reference
