#pragma once

#include <cstring>
#include <vector>

#include "compile/testing/reference_elements.hpp"
#include "compile/testing/reference_images.hpp"
#include "compile/testing/reference_numbers.hpp"
#include "device/kernels/sigmoid.hpp"

// The plain interpreter's operators on int16 activations, zero points 0.

namespace ganglion::compile::reference {

using Int16Values = std::vector<int16_t>;

inline Int16Values int16_of(const std::vector<int8_t>& bytes) {
    Int16Values values(bytes.size() / 2);
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

inline std::vector<int8_t> bytes_of(const Int16Values& values) {
    std::vector<int8_t> bytes(values.size() * 2);
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// x * real where sums have 64 bits: the mantissa's upper 15 bits and one rounding.
inline int32_t scale_long(int64_t x, double real) {
    const Factor factor = factor_of(real);
    const int64_t upper =
        factor.mantissa < 0x7FFF0000 ? (factor.mantissa + 0x8000) / 0x10000 : 0x7FFF;
    const int64_t divisor = int64_t{1} << (15 - factor.exponent);
    const int64_t sum = x * upper + divisor / 2;
    const int64_t floor = sum / divisor - (sum % divisor < 0 ? 1 : 0);
    return static_cast<int32_t>(static_cast<uint32_t>(floor));  // the lower 32 bits count
}

inline int16_t activate_int16(int32_t value, const Tensor& output, model::Activation activation) {
    const auto quantize = [&](float real) {
        return static_cast<int32_t>(std::min(std::round(real / scale(output)), 32767.0F));
    };
    int32_t low = -32768;
    int32_t high = 32767;
    if (activation == model::Activation::relu || activation == model::Activation::relu6) low = 0;
    if (activation == model::Activation::relu6) high = quantize(6);
    if (activation == model::Activation::relu_n1_to_1) {
        low = -quantize(1);
        high = quantize(1);
    }
    return static_cast<int16_t>(std::clamp(value, low, high));
}

/// How windows of one operator slide.
struct Int16Geometry {
    int kernel[2], stride[2], dilation[2];
    model::Padding padding;
    model::Activation activation;
};

inline Int16Geometry geometry_of(const Graph& graph, const Operator& op) {
    if (const auto* o = std::get_if<model::Pool2dOptions>(&op.options)) {
        return {{o->filter_height, o->filter_width},
                {o->stride_height, o->stride_width},
                {1, 1},
                o->padding,
                o->activation};
    }
    const Tensor& weights = graph.tensors[op.inputs[1]];
    const auto with = [&](const auto& o) {
        return Int16Geometry{{weights.shape[1], weights.shape[2]},
                             {o.stride_height, o.stride_width},
                             {o.dilation_height, o.dilation_width},
                             o.padding,
                             o.activation};
    };
    if (const auto* o = std::get_if<model::Conv2dOptions>(&op.options)) return with(*o);
    return with(std::get<model::DepthwiseConv2dOptions>(op.options));
}

inline int64_t long_bias(const Graph& graph, const Operator& op, size_t channel) {
    int64_t bias = 0;
    if (op.inputs.size() > 2)
        std::memcpy(&bias, graph.tensors[op.inputs[2]].data.data() + 8 * channel, sizeof bias);
    return bias;
}

/// Convolutions and poolings.
inline Int16Values of_int16_windows(const Graph& graph, const Operator& op, const Int16Values& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const Int16Geometry g = geometry_of(graph, op);
    int before[2] = {0, 0};
    for (size_t d : {size_t{0}, size_t{1}}) {
        const int reach = (g.kernel[d] - 1) * g.dilation[d] + 1;
        const int over = (output.shape[d + 1] - 1) * g.stride[d] + reach - input.shape[d + 1];
        if (g.padding == model::Padding::same) before[d] = std::max(over, 0) / 2;
    }
    const int channels = input.shape[3];
    Int16Values result;
    for_each_index(output.shape, [&](const std::vector<int32_t>& index) {
        const int c = index[3];
        int64_t sum = 0;
        int32_t count = 0;
        int32_t most = -32768;
        for (int ky = 0; ky < g.kernel[0]; ++ky) {
            for (int kx = 0; kx < g.kernel[1]; ++kx) {
                const int y = index[1] * g.stride[0] - before[0] + ky * g.dilation[0];
                const int x = index[2] * g.stride[1] - before[1] + kx * g.dilation[1];
                if (y < 0 || y >= input.shape[1] || x < 0 || x >= input.shape[2]) continue;
                const auto at = [&](int channel) -> int32_t {
                    const int32_t place = (y * input.shape[2] + x) * channels + channel;
                    return in[static_cast<size_t>(place)];
                };
                const auto weight = [&](int64_t n) {
                    return static_cast<int8_t>(
                        graph.tensors[op.inputs[1]].data[static_cast<size_t>(n)]);
                };
                const int64_t tap = int64_t{ky} * g.kernel[1] + kx;
                if (op.code == OperatorCode::depthwise_conv_2d) {
                    const int multiplier = output.shape[3] / channels;
                    sum += at(c / multiplier) * weight(tap * output.shape[3] + c);
                } else if (op.code == OperatorCode::conv_2d) {
                    const int depth = graph.tensors[op.inputs[1]].shape[3];
                    const int group = c / (output.shape[3] / (channels / depth));
                    const int64_t taps = int64_t{g.kernel[0]} * g.kernel[1];
                    for (int i = 0; i < depth; ++i)
                        sum += at(group * depth + i) * weight((c * taps + tap) * depth + i);
                } else {
                    sum += at(c);
                    most = std::max(most, at(c));
                    ++count;
                }
            }
        }
        int32_t value = most;
        if (op.code == OperatorCode::average_pool_2d) {
            value = static_cast<int32_t>(std::round(static_cast<double>(sum) / count));
        } else if (op.code != OperatorCode::max_pool_2d) {
            const Tensor& weights = graph.tensors[op.inputs[1]];
            const double real = double{scale(input)} * scale(weights, static_cast<size_t>(c));
            value = scale_long(sum + long_bias(graph, op, static_cast<size_t>(c)),
                               real / scale(output));
        }
        result.push_back(activate_int16(value, output, g.activation));
    });
    return result;
}

inline Int16Values of_int16_dense(const Graph& graph, const Operator& op, const Int16Values& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& weights = graph.tensors[op.inputs[1]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const auto depth = static_cast<size_t>(weights.shape[1]);
    Int16Values result;
    for (size_t row = 0; row < in.size() / depth; ++row) {
        for (size_t c = 0; c < static_cast<size_t>(weights.shape[0]); ++c) {
            int64_t sum = long_bias(graph, op, c);
            for (size_t i = 0; i < depth; ++i)
                sum += in[row * depth + i] * static_cast<int8_t>(weights.data[c * depth + i]);
            const double product = weights.quantization.scales.size() > 1
                                       ? double{scale(input)} * scale(weights, c)
                                       : double{scale(input) * scale(weights)};
            result.push_back(
                activate_int16(scale_long(sum, product / scale(output)), output,
                               std::get<model::FullyConnectedOptions>(op.options).activation));
        }
    }
    return result;
}

inline Int16Values of_int16_pairs(const Graph& graph, const Operator& op, const Int16Values& first,
                                  const Int16Values& second) {
    const Tensor& a = graph.tensors[op.inputs[0]];
    const Tensor& b = graph.tensors[op.inputs[1]];
    const Tensor& out = graph.tensors[op.outputs[0]];
    auto activation = model::Activation::none;
    if (const auto* o = std::get_if<model::AddOptions>(&op.options)) activation = o->activation;
    if (const auto* o = std::get_if<model::SubOptions>(&op.options)) activation = o->activation;
    if (const auto* o = std::get_if<model::MulOptions>(&op.options)) activation = o->activation;
    const double twice = 2 * std::max(double{scale(a)}, double{scale(b)});
    const float short_twice = 2 * std::max(scale(a), scale(b));
    Int16Values result;
    for_each_index(out.shape, [&](const std::vector<int32_t>& index) {
        const int32_t x = first[position_of(index, a.shape)];
        const int32_t y = second[position_of(index, b.shape)];
        int32_t value = 0;
        switch (op.code) {
            case OperatorCode::add:
                value = scale_by(
                    scale_by(x * 32768, scale(a) / twice) + scale_by(y * 32768, scale(b) / twice),
                    twice / (32768 * double{scale(out)}));
                break;
            case OperatorCode::sub:
                value = scale_by(scale_by(x * 32768, double{scale(a) / short_twice}) -
                                     scale_by(y * 32768, double{scale(b) / short_twice}),
                                 double{short_twice / (32768 * scale(out))});
                break;
            case OperatorCode::mul:
                value = scale_by(x * y, double{scale(a)} * scale(b) / scale(out));
                break;
            case OperatorCode::maximum:
                value = std::max(x, y);
                break;
            default:
                value = std::min(x, y);
                break;
        }
        result.push_back(activate_int16(value, out, activation));
    });
    return result;
}

/// What the sigmoid's table is asked for: 3 * 4096 * the real number, in 15 bits of multiplier.
inline int32_t table_argument(int16_t value, const Tensor& input, bool is_tanh) {
    const float units = scale(input) * 4096.0F;
    if (units == 1.0F || (is_tanh && units == 2.0F)) return value * 3 * static_cast<int32_t>(units);
    double multiplier = double{scale(input)} * 4096 * 3;
    int shift = 0;
    for (; multiplier <= 32767.0 / 2; ++shift) multiplier *= 2;
    const double product = value * std::floor(multiplier);
    return static_cast<int32_t>(
        std::floor(product / std::ldexp(1.0, shift) + (shift > 0 ? 0.5 : 0)));
}

inline Int16Values of_int16_functions(const Graph& graph, const Operator& op,
                                      const Int16Values& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    Int16Values result;
    for (int16_t value : in) {
        if (op.code == OperatorCode::logistic) {
            result.push_back(sigmoid::logistic(table_argument(value, input, false)));
            continue;
        }
        if (op.code == OperatorCode::tanh) {
            result.push_back(sigmoid::tanh(table_argument(value, input, true)));
            continue;
        }
        double factor = double{scale(input)} / scale(output);
        auto activation = model::Activation::none;
        if (op.code == OperatorCode::relu) activation = model::Activation::relu;
        if (op.code == OperatorCode::relu6) activation = model::Activation::relu6;
        if (op.code == OperatorCode::relu_n1_to_1) activation = model::Activation::relu_n1_to_1;
        if (op.code == OperatorCode::leaky_relu) {
            const float alpha = std::get<model::LeakyReluOptions>(op.options).alpha;
            factor =
                value < 0 ? scale(input) * alpha / scale(output) : scale(input) / scale(output);
        }
        result.push_back(activate_int16(scale_by(value, factor), output, activation));
    }
    return result;
}

/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
inline Int16Values of_int16_reduction(const Graph& graph, const Operator& op,
                                      const Int16Values& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const Tensor& axes = graph.tensors[op.inputs[1]];
    std::vector<int32_t> kept = input.shape;
    for (size_t i = 0; i < axes.data.size() / 4; ++i) {
        int32_t axis = 0;
        std::memcpy(&axis, axes.data.data() + 4 * i, 4);
        kept[static_cast<size_t>(axis < 0 ? axis + static_cast<int32_t>(kept.size()) : axis)] = 1;
    }
    std::vector<Int16Values> groups(static_cast<size_t>(output.elements()));
    for_each_index(input.shape, [&](const std::vector<int32_t>& index) {
        groups[position_of(index, kept)].push_back(in[position_of(index, input.shape)]);
    });
    const double real = double{scale(input)} / scale(output);
    Int16Values result;
    for (const Int16Values& group : groups) {
        if (op.code == OperatorCode::reduce_max || op.code == OperatorCode::reduce_min) {
            const bool most = op.code == OperatorCode::reduce_max;
            result.push_back(most ? *std::max_element(group.begin(), group.end())
                                  : *std::min_element(group.begin(), group.end()));
            continue;
        }
        int32_t sum = 0;
        for (int16_t value : group) sum += value;
        const Factor factor = op.code == OperatorCode::mean
                                  ? mean_factor(real, static_cast<int64_t>(group.size()))
                                  : factor_of(real);
        result.push_back(activate_int16(scale_by(sum, factor), output, model::Activation::none));
    }
    return result;
}

/// TRANSPOSE_CONV: each output gathers what the input's pixels spread to it.
inline Int16Values of_int16_transposed(const Graph& graph, const Operator& op,
                                       const Int16Values& in) {
    const auto& o = std::get<model::TransposeConvOptions>(op.options);
    const Tensor& w = graph.tensors[op.inputs[1]];
    const Tensor& input = graph.tensors[op.inputs[2]];
    const Tensor& output = graph.tensors[op.outputs[0]];
    const auto before = [&](size_t d, int stride) {
        const int over = (input.shape[d] - 1) * stride + w.shape[d] - output.shape[d];
        return o.padding == model::Padding::same ? std::max(over, 0) / 2 : 0;
    };
    Int16Values result;
    for_each_index(output.shape, [&](const std::vector<int32_t>& index) {
        int64_t sum = 0;
        std::memcpy(&sum, graph.tensors[op.inputs[3]].data.data() + 8 * index[3], sizeof sum);
        for_each_index(input.shape, [&](const std::vector<int32_t>& from) {
            const int ky = index[1] + before(1, o.stride_height) - from[1] * o.stride_height;
            const int kx = index[2] + before(2, o.stride_width) - from[2] * o.stride_width;
            if (ky < 0 || ky >= w.shape[1] || kx < 0 || kx >= w.shape[2]) return;
            const size_t tap = position_of({index[3], ky, kx, from[3]}, w.shape);
            sum += in[position_of(from, input.shape)] * static_cast<int8_t>(w.data[tap]);
        });
        const double real = double{scale(input)} * scale(w, static_cast<size_t>(index[3]));
        result.push_back(
            activate_int16(scale_long(sum, real / scale(output)), output, o.activation));
    });
    return result;
}

inline Int16Values of_int16_products(const Graph& graph, const Operator& op,
                                     const Int16Values& first, const Int16Values& second) {
    const Tensor& out = graph.tensors[op.outputs[0]];
    const float product = scale(graph.tensors[op.inputs[0]]) * scale(graph.tensors[op.inputs[1]]);
    return of_products(graph, op, first, second, [&](int64_t sum) {
        return activate_int16(scale_long(sum, double{product} / scale(out)), out,
                              model::Activation::none);
    });
}

/// Of an image's height and width.
inline Int16Values of_int16_pad(const Graph& graph, const Operator& op, const Int16Values& in) {
    const Tensor& input = graph.tensors[op.inputs[0]];
    int32_t paddings[8];
    std::memcpy(paddings, graph.tensors[op.inputs[1]].data.data(), sizeof paddings);
    Int16Values result;
    for_each_index(graph.tensors[op.outputs[0]].shape, [&](std::vector<int32_t> index) {
        index[1] -= paddings[2];
        index[2] -= paddings[4];
        const bool inside = index[1] >= 0 && index[1] < input.shape[1] && index[2] >= 0 &&
                            index[2] < input.shape[2];
        const int32_t row = index[1] * input.shape[2] + index[2];
        const int32_t place = row * input.shape[3] + index[3];
        result.push_back(inside ? in[static_cast<size_t>(place)] : int16_t{0});
    });
    return result;
}

/// An operator on int16; `values`: of each of its inputs, empty where it has a constant of numbers.
inline Int16Values of_int16(const Graph& graph, const Operator& op,
                            const std::vector<Int16Values>& values) {
    switch (op.code) {
        case OperatorCode::conv_2d:
        case OperatorCode::depthwise_conv_2d:
        case OperatorCode::average_pool_2d:
        case OperatorCode::max_pool_2d:
            return of_int16_windows(graph, op, values[0]);
        case OperatorCode::fully_connected:
            return of_int16_dense(graph, op, values[0]);
        case OperatorCode::pad:
            return of_int16_pad(graph, op, values[0]);
        case OperatorCode::mean:
        case OperatorCode::sum:
        case OperatorCode::reduce_max:
        case OperatorCode::reduce_min:
            return of_int16_reduction(graph, op, values[0]);
        case OperatorCode::transpose_conv:
            return of_int16_transposed(graph, op, values[2]);
        case OperatorCode::resize_nearest_neighbor:
        case OperatorCode::resize_bilinear:
            return of_resize(graph, op, values[0]);
        case OperatorCode::batch_matmul:
            return of_int16_products(graph, op, values[0], values[1]);
        case OperatorCode::add:
        case OperatorCode::sub:
        case OperatorCode::mul:
        case OperatorCode::maximum:
        case OperatorCode::minimum:
            return of_int16_pairs(graph, op, values[0], values[1]);
        case OperatorCode::logistic:
        case OperatorCode::tanh:
        case OperatorCode::relu:
        case OperatorCode::relu6:
        case OperatorCode::relu_n1_to_1:
        case OperatorCode::leaky_relu:
            return of_int16_functions(graph, op, values[0]);
        default:
            throw std::runtime_error("the test interpreter does not know " +
                                     model::to_string(op.code) + " on int16");
    }
}

}  // namespace ganglion::compile::reference
