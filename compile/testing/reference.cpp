#include "compile/testing/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>

#include "compile/testing/reference_elements.hpp"
#include "compile/testing/reference_images.hpp"
#include "compile/testing/reference_int16.hpp"
#include "compile/testing/reference_numbers.hpp"
#include "compile/testing/reference_sequences.hpp"

namespace ganglion::compile::reference {

namespace {

using model::Graph;
using model::Operator;
using model::OperatorCode;
using model::Tensor;

class Run {
  public:
    Run(const Graph& graph, const std::vector<int8_t>& input) : graph_(graph) {
        for (Tensor& tensor : graph_.tensors) {
            if (tensor.type == model::TensorType::int4) unpack(tensor);
        }
        values_[graph.inputs[0]] = input;
        for (const Operator& op : graph.operators) run(op);
    }

    const std::vector<int8_t>& output() const { return values_.at(graph_.outputs[0]); }

  private:
    struct Geometry {
        int kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x;
        model::Padding padding;

        int before(int in, int out, int stride, int kernel, int dilation) const {
            if (padding == model::Padding::valid) return 0;
            return std::max((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0) / 2;
        }
    };

    const Tensor& tensor(int32_t n) const { return graph_.tensors[n]; }
    /// Of a computed tensor or an int8 constant.
    std::vector<int8_t> value(int32_t n) const {
        const auto& data = tensor(n).data;
        return data.empty() ? values_.at(n) : std::vector<int8_t>(data.begin(), data.end());
    }
    static int32_t bias(const Tensor& tensor, size_t n) {
        int32_t value = 0;
        std::memcpy(&value, tensor.data.data() + 4 * n, 4);
        return value;
    }
    static int8_t weight(const Tensor& tensor, int64_t n) {
        return static_cast<int8_t>(tensor.data[static_cast<size_t>(n)]);
    }

    /// Calls visit(y, x, ky, kx) for the window's positions inside the image.
    template <typename Visit>
    void for_window(const Operator& op, const Geometry& g, int out_y, int out_x,
                    Visit visit) const {
        const Tensor& in = tensor(op.inputs[0]);
        const Tensor& out = tensor(op.outputs[0]);
        const int top =
            g.before(in.shape[1], out.shape[1], g.stride_y, g.kernel_height, g.dilation_y);
        const int left =
            g.before(in.shape[2], out.shape[2], g.stride_x, g.kernel_width, g.dilation_x);
        for (int ky = 0; ky < g.kernel_height; ++ky) {
            for (int kx = 0; kx < g.kernel_width; ++kx) {
                const int y = out_y * g.stride_y - top + ky * g.dilation_y;
                const int x = out_x * g.stride_x - left + kx * g.dilation_x;
                if (y >= 0 && y < in.shape[1] && x >= 0 && x < in.shape[2]) visit(y, x, ky, kx);
            }
        }
    }

    template <typename Value>
    void fill(const Operator& op, Value value) {
        const Tensor& out = tensor(op.outputs[0]);
        auto& result = values_[op.outputs[0]];
        for (int y = 0; y < out.shape[1]; ++y) {
            for (int x = 0; x < out.shape[2]; ++x) {
                for (int c = 0; c < out.shape[3]; ++c) result.push_back(value(y, x, c));
            }
        }
    }

    int8_t at(int32_t n, int y, int x, int c) const {
        const Tensor& t = tensor(n);
        const int64_t index = (int64_t{y} * t.shape[2] + x) * t.shape[3] + c;
        return values_.at(n)[static_cast<size_t>(index)];
    }

    /// Two's complement of four bits, the lower half of a byte first.
    static void unpack(Tensor& tensor) {
        std::vector<uint8_t> values;
        for (uint8_t byte : tensor.data) {
            for (int32_t nibble : {byte % 16, byte / 16})
                values.push_back(static_cast<uint8_t>(nibble < 8 ? nibble : nibble - 16));
        }
        values.resize(static_cast<size_t>(tensor.elements()));
        tensor.data = std::move(values);
        tensor.type = model::TensorType::int8;
    }

    void run(const Operator& op) {
        const bool only_moves = op.code == OperatorCode::reshape;
        if (tensor(op.outputs[0]).type == model::TensorType::int16 && !only_moves) {
            std::vector<Int16Values> inputs(op.inputs.size());
            for (size_t n = 0; n < inputs.size(); ++n) {
                if (tensor(op.inputs[n]).type == model::TensorType::int16)
                    inputs[n] = int16_of(value(op.inputs[n]));
            }
            values_[op.outputs[0]] = bytes_of(of_int16(graph_, op, inputs));
            return;
        }
        switch (op.code) {
            case OperatorCode::unidirectional_sequence_lstm:
                values_[op.outputs[0]] = of_lstm(graph_, op, values_.at(op.inputs[0]));
                return;
            case OperatorCode::svdf:
                values_[op.outputs[0]] = of_svdf(graph_, op, values_.at(op.inputs[0]));
                return;
            case OperatorCode::conv_2d:
                return convolution(op);
            case OperatorCode::depthwise_conv_2d:
                return depthwise(op);
            case OperatorCode::transpose_conv:
                return transposed_convolution(op);
            case OperatorCode::fully_connected:
                return dense(op);
            case OperatorCode::average_pool_2d:
            case OperatorCode::max_pool_2d:
                return pool(op);
            case OperatorCode::add:
            case OperatorCode::sub:
            case OperatorCode::mul:
            case OperatorCode::maximum:
            case OperatorCode::minimum:
            case OperatorCode::squared_difference:
            case OperatorCode::prelu:
                values_[op.outputs[0]] =
                    of_pairs(graph_, op, value(op.inputs[0]), value(op.inputs[1]));
                return;
            case OperatorCode::mean:
            case OperatorCode::sum:
            case OperatorCode::reduce_max:
            case OperatorCode::reduce_min:
            case OperatorCode::arg_max:
            case OperatorCode::arg_min:
                values_[op.outputs[0]] = of_reduction(graph_, op, value(op.inputs[0]));
                return;
            case OperatorCode::resize_nearest_neighbor:
            case OperatorCode::resize_bilinear:
                values_[op.outputs[0]] = of_resize(graph_, op, value(op.inputs[0]));
                return;
            case OperatorCode::batch_matmul:
                return products(op);
            case OperatorCode::pad:
            case OperatorCode::padv2:
                return pad(op);
            case OperatorCode::relu:
            case OperatorCode::relu6:
            case OperatorCode::relu_n1_to_1:
            case OperatorCode::abs:
            case OperatorCode::elu:
            case OperatorCode::exp:
            case OperatorCode::leaky_relu:
            case OperatorCode::quantize:
                return elementwise(op);
            case OperatorCode::concatenation:
                return concatenation(op);
            case OperatorCode::strided_slice:
                return slice(op);
            case OperatorCode::split_v:
                return split(op);
            case OperatorCode::reshape:
                values_[op.outputs[0]] = values_.at(op.inputs[0]);
                return;
            default:
                throw std::runtime_error("the test interpreter does not know " +
                                         model::to_string(op.code));
        }
    }

    void convolution(const Operator& op) {
        const auto& o = std::get<model::Conv2dOptions>(op.options);
        const Tensor& in = tensor(op.inputs[0]);
        const Tensor& w = tensor(op.inputs[1]);
        const Tensor& out = tensor(op.outputs[0]);
        const Geometry g{w.shape[1],        w.shape[2],       o.stride_height, o.stride_width,
                         o.dilation_height, o.dilation_width, o.padding};
        fill(op, [&](int out_y, int out_x, int c) {
            int32_t sum = bias(tensor(op.inputs[2]), static_cast<size_t>(c));
            for_window(op, g, out_y, out_x, [&](int y, int x, int ky, int kx) {
                const int outs_a_group = out.shape[3] / (in.shape[3] / w.shape[3]);
                const int first = c / outs_a_group * w.shape[3];
                for (int i = 0; i < w.shape[3]; ++i) {
                    const int64_t index =
                        ((int64_t{c} * w.shape[1] + ky) * w.shape[2] + kx) * w.shape[3] + i;
                    sum += (at(op.inputs[0], y, x, first + i) - zero(in)) * weight(w, index);
                }
            });
            const double factor = double{scale(in)} * scale(w, static_cast<size_t>(c)) / scale(out);
            return activate(scale_by(sum, factor), out, o.activation);
        });
    }

    void depthwise(const Operator& op) {
        const auto& o = std::get<model::DepthwiseConv2dOptions>(op.options);
        const Tensor& in = tensor(op.inputs[0]);
        const Tensor& w = tensor(op.inputs[1]);
        const Tensor& out = tensor(op.outputs[0]);
        const int multiplier = out.shape[3] / in.shape[3];
        const Geometry g{w.shape[1],        w.shape[2],       o.stride_height, o.stride_width,
                         o.dilation_height, o.dilation_width, o.padding};
        fill(op, [&](int out_y, int out_x, int c) {
            int32_t sum = bias(tensor(op.inputs[2]), static_cast<size_t>(c));
            for_window(op, g, out_y, out_x, [&](int y, int x, int ky, int kx) {
                const int64_t index = (int64_t{ky} * w.shape[2] + kx) * w.shape[3] + c;
                sum += (at(op.inputs[0], y, x, c / multiplier) - zero(in)) * weight(w, index);
            });
            const double factor = double{scale(in)} * scale(w, static_cast<size_t>(c)) / scale(out);
            return activate(scale_by(sum, factor), out, o.activation);
        });
    }

    /// Each input pixel is spread over the output.
    void transposed_convolution(const Operator& op) {
        const auto& o = std::get<model::TransposeConvOptions>(op.options);
        const Tensor& w = tensor(op.inputs[1]);
        const Tensor& in = tensor(op.inputs[2]);
        const Tensor& out = tensor(op.outputs[0]);
        const Geometry g{w.shape[1], w.shape[2], o.stride_height, o.stride_width, 1, 1, o.padding};
        const int top = g.before(out.shape[1], in.shape[1], g.stride_y, g.kernel_height, 1);
        const int left = g.before(out.shape[2], in.shape[2], g.stride_x, g.kernel_width, 1);
        fill(op, [&](int out_y, int out_x, int c) {
            int32_t sum = bias(tensor(op.inputs[3]), static_cast<size_t>(c));
            for (int y = 0; y < in.shape[1]; ++y) {
                for (int x = 0; x < in.shape[2]; ++x) {
                    const int ky = out_y + top - y * g.stride_y;
                    const int kx = out_x + left - x * g.stride_x;
                    if (ky < 0 || ky >= w.shape[1] || kx < 0 || kx >= w.shape[2]) continue;
                    for (int i = 0; i < in.shape[3]; ++i) {
                        const int64_t index =
                            ((int64_t{c} * w.shape[1] + ky) * w.shape[2] + kx) * w.shape[3] + i;
                        sum += (at(op.inputs[2], y, x, i) - zero(in)) * weight(w, index);
                    }
                }
            }
            const double factor = double{scale(in)} * scale(w, static_cast<size_t>(c)) / scale(out);
            return activate(scale_by(sum, factor), out, o.activation);
        });
    }

    void dense(const Operator& op) {
        const auto& o = std::get<model::FullyConnectedOptions>(op.options);
        const Tensor& in = tensor(op.inputs[0]);
        const Tensor& w = tensor(op.inputs[1]);
        const Tensor& out = tensor(op.outputs[0]);
        const int depth = w.shape[1];
        const auto& from = values_.at(op.inputs[0]);
        for (size_t row = 0; row < from.size() / static_cast<size_t>(depth); ++row) {
            for (int c = 0; c < w.shape[0]; ++c) {
                int32_t sum = bias(tensor(op.inputs[2]), static_cast<size_t>(c));
                for (int i = 0; i < depth; ++i) {
                    sum += (from[row * static_cast<size_t>(depth) + static_cast<size_t>(i)] -
                            zero(in)) *
                           weight(w, int64_t{c} * depth + i);
                }
                const bool per_channel = w.quantization.scales.size() > 1;
                const double product = per_channel
                                           ? double{scale(in)} * scale(w, static_cast<size_t>(c))
                                           : double{scale(in) * scale(w)};
                values_[op.outputs[0]].push_back(
                    activate(scale_by(sum, product / scale(out)), out, o.activation));
            }
        }
    }

    void products(const Operator& op) {
        const Tensor& out = tensor(op.outputs[0]);
        const float product = scale(tensor(op.inputs[0])) * scale(tensor(op.inputs[1]));
        values_[op.outputs[0]] =
            of_products(graph_, op, value(op.inputs[0]), value(op.inputs[1]), [&](int64_t sum) {
                return activate(scale_by(static_cast<int32_t>(sum), double{product} / scale(out)),
                                out, model::Activation::none);
            });
    }

    void pool(const Operator& op) {
        const auto& o = std::get<model::Pool2dOptions>(op.options);
        const Tensor& out = tensor(op.outputs[0]);
        const Geometry g{o.filter_height, o.filter_width, o.stride_height, o.stride_width, 1, 1,
                         o.padding};
        fill(op, [&](int out_y, int out_x, int c) {
            int32_t sum = 0;
            int32_t count = 0;
            int32_t most = -128;
            for_window(op, g, out_y, out_x, [&](int y, int x, int, int) {
                const int8_t value = at(op.inputs[0], y, x, c);
                sum += value;
                ++count;
                most = std::max<int32_t>(most, value);
            });
            const bool average = op.code == OperatorCode::average_pool_2d;
            const auto mean = static_cast<int32_t>(std::round(static_cast<double>(sum) / count));
            return activate((average ? mean : most) - zero(out), out, o.activation);
        });
    }

    void elementwise(const Operator& op) {
        const Tensor& in = tensor(op.inputs[0]);
        const Tensor& out = tensor(op.outputs[0]);
        const std::vector<int8_t> from = value(op.inputs[0]);
        for (int8_t value : from) {
            const int32_t centred = value - zero(in);
            double factor = double{scale(in)} / scale(out);
            auto activation = model::Activation::none;
            if (op.code == OperatorCode::relu) activation = model::Activation::relu;
            if (op.code == OperatorCode::relu6) activation = model::Activation::relu6;
            if (op.code == OperatorCode::relu_n1_to_1) activation = model::Activation::relu_n1_to_1;
            if (op.code == OperatorCode::elu || op.code == OperatorCode::exp) {
                values_[op.outputs[0]].push_back(of_float(op.code, in, out, centred));
                continue;
            }
            if (op.code == OperatorCode::abs) {
                const int32_t scaled = scale_by(std::abs(centred), double{scale(in) / scale(out)});
                values_[op.outputs[0]].push_back(activate(scaled, out, activation));
                continue;
            }
            if (op.code == OperatorCode::leaky_relu) {
                const float alpha = std::get<model::LeakyReluOptions>(op.options).alpha;
                factor = centred < 0 ? scale(in) * alpha / scale(out) : scale(in) / scale(out);
            }
            values_[op.outputs[0]].push_back(activate(scale_by(centred, factor), out, activation));
        }
    }

    /// Position of an element in row-major order; images have four dimensions.
    static size_t position(const Tensor& t, const int (&index)[4]) {
        size_t at = 0;
        for (size_t i = 0; i < 4; ++i)
            at = at * static_cast<size_t>(t.shape[i]) + static_cast<size_t>(index[i]);
        return at;
    }

    /// output[index] = source(index) for each of its elements.
    template <typename Source>
    void gather(int32_t output, Source source) {
        const Tensor& out = tensor(output);
        auto& result = values_[output];
        result.resize(static_cast<size_t>(out.elements()));
        int n[4];
        for (n[0] = 0; n[0] < out.shape[0]; ++n[0])
            for (n[1] = 0; n[1] < out.shape[1]; ++n[1])
                for (n[2] = 0; n[2] < out.shape[2]; ++n[2])
                    for (n[3] = 0; n[3] < out.shape[3]; ++n[3])
                        result[position(out, n)] = source(n);
    }

    void concatenation(const Operator& op) {
        const auto axis =
            static_cast<size_t>(std::get<model::ConcatenationOptions>(op.options).axis);
        gather(op.outputs[0], [&](const int(&index)[4]) {
            int from[4] = {index[0], index[1], index[2], index[3]};
            size_t part = 0;
            while (from[axis] >= tensor(op.inputs[part]).shape[axis])
                from[axis] -= tensor(op.inputs[part++]).shape[axis];
            return values_.at(op.inputs[part])[position(tensor(op.inputs[part]), from)];
        });
    }

    int32_t number(int32_t n, size_t i) const { return bias(tensor(n), i); }

    /// Begins and strides given, ends where the output's shape says.
    void slice(const Operator& op) {
        const Tensor& in = tensor(op.inputs[0]);
        gather(op.outputs[0], [&](const int(&index)[4]) {
            int from[4];
            for (size_t i = 0; i < 4; ++i) {
                const int begin = number(op.inputs[1], i);
                from[i] =
                    (begin < 0 ? begin + in.shape[i] : begin) + index[i] * number(op.inputs[3], i);
            }
            return values_.at(op.inputs[0])[position(in, from)];
        });
    }

    void split(const Operator& op) {
        const auto axis = static_cast<size_t>(number(op.inputs[2], 0));
        int begin = 0;
        for (int32_t output : op.outputs) {
            gather(output, [&](const int(&index)[4]) {
                int from[4] = {index[0], index[1], index[2], index[3]};
                from[axis] += begin;
                return values_.at(op.inputs[0])[position(tensor(op.inputs[0]), from)];
            });
            begin += tensor(output).shape[axis];
        }
    }

    void pad(const Operator& op) {
        const Tensor& in = tensor(op.inputs[0]);
        int32_t paddings[8];
        std::memcpy(paddings, tensor(op.inputs[1]).data.data(), sizeof paddings);
        const int32_t around = op.code == OperatorCode::padv2 ? value(op.inputs[2])[0] : zero(in);
        fill(op, [&](int out_y, int out_x, int c) {
            const int y = out_y - paddings[2];
            const int x = out_x - paddings[4];
            const bool inside = y >= 0 && y < in.shape[1] && x >= 0 && x < in.shape[2];
            return inside ? at(op.inputs[0], y, x, c) : static_cast<int8_t>(around);
        });
    }

    Graph graph_;
    std::map<int32_t, std::vector<int8_t>> values_;
};

}  // namespace

int64_t input_bytes(const Graph& graph) {
    const Tensor& input = graph.tensors[graph.inputs[0]];
    return input.elements() * model::element_bytes(input.type);
}

Interpreter::Interpreter(const Graph& graph, const std::vector<int8_t>& input)
    : output_(Run(graph, input).output()) {}

}  // namespace ganglion::compile::reference
