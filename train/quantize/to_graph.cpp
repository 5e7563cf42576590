#include "train/quantize/to_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "train/quantize/graph_parts.hpp"
#include "train/quantize/recurrent_graph.hpp"
#include "train/quantize/shapes.hpp"
#include "train/quantize/weight_steps.hpp"

namespace ganglion::train {
namespace {

/// `before`: the shape that layer `index` takes.
void check_skip(const FoldedNetwork& network, size_t index, Shape before) {
    const auto& layer = network.layers[index];
    Shape earlier{network.frames, network.values};
    for (size_t i = 0; i <= static_cast<size_t>(layer.adds) && i < index; ++i)
        earlier = output_shape(network.layers[i], earlier);
    if (static_cast<size_t>(layer.adds) < index && layer.kind == LayerKind::convolution &&
        earlier.values == layer.out && earlier.time >= output_shape(layer, before).time)
        return;
    throw std::runtime_error(fmt::format("{}: layer {} cannot add layer {}: their shapes differ",
                                         network.name, index, layer.adds));
}

void check(const FoldedNetwork& network) {
    Shape shape{network.frames, network.values};
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const auto& layer = network.layers[i];
        const int32_t given = sees_all(layer) ? shape.time * shape.values : shape.values;
        const bool fits =
            layer.in == given && layer.kernel <= shape.time && layer.kernel > 0 &&
            layer.weights.size() == weight_count(layer) && layer.bias.size() == bias_count(layer) &&
            (layer.kind != LayerKind::depthwise || layer.in == layer.out) &&
            (layer.kind != LayerKind::distances || layer.factors.size() == layer.weights.size());
        if (!fits) {
            throw std::runtime_error(
                fmt::format("{}: layer {} takes {} values and does not fit the {} x {} before it",
                            network.name, i, layer.in, shape.time, shape.values));
        }
        if (layer.adds >= 0) check_skip(network, i, shape);
        if (!std::isfinite(layer.least) || !std::isfinite(layer.greatest)) {
            throw std::runtime_error(
                fmt::format("{}: layer {} has no finite range; the fit diverged", network.name, i));
        }
        shape = output_shape(layer, shape);
    }
}

/// int4 as the format keeps it: the first of two in the low half.
std::vector<uint8_t> two_a_byte(const std::vector<int8_t>& values) {
    std::vector<uint8_t> bytes((values.size() + 1) / 2, 0);
    for (size_t i = 0; i < values.size(); ++i) {
        bytes[i / 2] |=
            static_cast<uint8_t>((static_cast<uint8_t>(values[i]) & 0xFU) << (4 * (i % 2)));
    }
    return bytes;
}

class GraphBuilder {
  public:
    explicit GraphBuilder(const FoldedNetwork& network) {
        graph_.description = network.name;
        shape_ = {network.frames, network.values};
        const bool flat = sees_all(network.layers.front());
        std::vector<int32_t> shape{1, network.frames, 1, network.values};
        if (flat) shape = {1, network.frames * network.values};
        last_ = add({"input", model::TensorType::int8, shape, {{network.input_scale}, {0}, 0}});
        graph_.inputs = {last_};
    }

    void layer(const FoldedLayer& layer, const std::string& name) {
        if (sees_all(layer) && graph_.tensors[static_cast<size_t>(last_)].shape.size() != 2)
            flatten(name);
        if (layer.kind == LayerKind::distances) return distances(layer, name);
        if (is_recurrent(layer)) return recurrent(layer, name);
        const float input_scale = graph_.tensors[static_cast<size_t>(last_)].quantization.scales[0];
        const auto out = static_cast<size_t>(layer.out);
        const size_t per_channel = weight_count(layer) / out;
        const std::vector<float> scales = weight_scales(layer);
        std::vector<int8_t> weights(layer.weights.size());
        std::vector<int32_t> bias(out);
        std::vector<float> bias_scales;
        for (size_t c = 0; c < out; ++c) {
            const float scale = scales[scales.size() == 1 ? 0 : c];
            for (size_t k = 0; k < per_channel; ++k) {
                const size_t i = weight_index(layer, c, k);
                weights[i] = static_cast<int8_t>(weight_step(layer, layer.weights[i], scale));
            }
            const double steps =
                static_cast<double>(layer.bias[c]) / (static_cast<double>(input_scale) * scale);
            bias[c] =
                static_cast<int32_t>(std::llrint(std::clamp(steps, -2147483647.0, 2147483647.0)));
        }
        bias_scales.reserve(scales.size());
        for (const float scale : scales) bias_scales.push_back(input_scale * scale);
        const std::vector<int64_t> zeros(scales.size(), 0);

        std::vector<int32_t> weight_shape{layer.out, layer.in};
        int32_t axis = 0;
        if (layer.kind == LayerKind::convolution)
            weight_shape = {layer.out, layer.kernel, 1, layer.in};
        if (layer.kind == LayerKind::depthwise) {
            weight_shape = {1, layer.kernel, 1, layer.out};
            axis = 3;
        }
        const bool narrow = layer.weight_bits == 4;
        const int32_t w = add({name + "/weights",
                               narrow ? model::TensorType::int4 : model::TensorType::int8,
                               weight_shape,
                               {scales, zeros, axis},
                               narrow ? two_a_byte(weights) : bytes_of(weights)});
        const int32_t b = add({name + "/bias",
                               model::TensorType::int32,
                               {layer.out},
                               {bias_scales, zeros, 0},
                               bytes_of(bias)});
        shape_ = output_shape(layer, shape_);
        std::vector<int32_t> shape{1, shape_.time, 1, shape_.values};
        if (layer.kind == LayerKind::dense) shape = {1, layer.out};
        const bool sums = layer.adds >= 0;
        const int32_t result =
            add({name, model::TensorType::int8, shape,
                 sums ? activation_range(layer.least_before, layer.greatest_before)
                      : activation_range(layer.least, layer.greatest)});
        const auto final = layer.relu ? model::Activation::relu : model::Activation::none;
        const auto activation = sums ? model::Activation::none : final;
        model::Operator op;
        op.inputs = {last_, w, b};
        op.outputs = {result};
        if (layer.kind == LayerKind::convolution) {
            op.code = model::OperatorCode::conv_2d;
            op.options =
                model::Conv2dOptions{model::Padding::valid, 1, layer.stride, 1, 1, activation};
        } else if (layer.kind == LayerKind::depthwise) {
            op.code = model::OperatorCode::depthwise_conv_2d;
            op.options = model::DepthwiseConv2dOptions{
                model::Padding::valid, 1, layer.stride, 1, 1, 1, activation};
        } else {
            op.code = model::OperatorCode::fully_connected;
            op.options = model::FullyConnectedOptions{activation, false};
        }
        graph_.operators.push_back(op);
        last_ = result;
        if (sums) skip(layer, name, final);
        if (layer.softmax) softmax(name + "/softmax");
        outputs_.push_back(last_);
    }

    void softmax(const std::string& name) {
        const auto shape = graph_.tensors[static_cast<size_t>(last_)].shape;
        const int32_t result =
            add({name, model::TensorType::int8, shape, {{1.0F / 256}, {-128}, 0}});
        graph_.operators.push_back(
            {model::OperatorCode::softmax, {last_}, {result}, model::SoftmaxOptions{1.0F}, {}});
        last_ = result;
    }

    model::Graph finish(bool with_softmax) {
        if (with_softmax) softmax("probabilities");
        graph_.outputs = {last_};
        return graph_;
    }

  private:
    int32_t add(model::Tensor tensor) {
        graph_.tensors.push_back(std::move(tensor));
        return static_cast<int32_t>(graph_.tensors.size()) - 1;
    }

    /// Adds an earlier layer's output, its latest moments.
    void skip(const FoldedLayer& layer, const std::string& name, model::Activation activation) {
        const auto shape = graph_.tensors[static_cast<size_t>(last_)].shape;
        int32_t other = outputs_.at(static_cast<size_t>(layer.adds));
        const model::Tensor earlier = graph_.tensors[static_cast<size_t>(other)];
        if (earlier.shape != shape) other = latest(earlier, other, shape, name);
        const int32_t result = add({name + "/sum", model::TensorType::int8, shape,
                                    activation_range(layer.least, layer.greatest)});
        graph_.operators.push_back({model::OperatorCode::add,
                                    {last_, other},
                                    {result},
                                    model::AddOptions{activation},
                                    {}});
        last_ = result;
    }

    int32_t latest(const model::Tensor& earlier, int32_t number, const std::vector<int32_t>& shape,
                   const std::string& name) {
        const auto numbers = [&](const char* what, const std::vector<int32_t>& values) {
            return add({name + what, model::TensorType::int32, {4}, {}, bytes_of(values)});
        };
        const int32_t begin = numbers("/begin", {0, earlier.shape[1] - shape[1], 0, 0});
        const int32_t end = numbers("/end", earlier.shape);
        const int32_t strides = numbers("/strides", {1, 1, 1, 1});
        const int32_t result =
            add({name + "/latest", model::TensorType::int8, shape, earlier.quantization});
        graph_.operators.push_back({model::OperatorCode::strided_slice,
                                    {number, begin, end, strides},
                                    {result},
                                    model::StridedSliceOptions{},
                                    {}});
        return result;
    }

    void recurrent(const FoldedLayer& layer, const std::string& name) {
        last_ = append_recurrent(graph_, layer, name, last_, shape_.time);
        shape_ = output_shape(layer, shape_);
        outputs_.push_back(last_);
    }

    /// Squared differences from each row of the weights, times their factors, summed, and taken
    /// from the bias. One factor for all multiplies the sums.
    void distances(const FoldedLayer& layer, const std::string& name) {
        const std::vector<int32_t> each{layer.out, layer.in};
        const float scale = graph_.tensors[static_cast<size_t>(last_)].quantization.scales[0];
        const float factor = layer.factors.front();
        const bool one_factor =
            std::ranges::all_of(layer.factors, [factor](float other) { return other == factor; });
        const auto computed = [&](const char* what, const std::vector<int32_t>& shape, float low,
                                  float high) {
            return add({name + what, model::TensorType::int8, shape, activation_range(low, high)});
        };
        const auto append = [&](model::OperatorCode code, std::vector<int32_t> inputs,
                                int32_t result, const model::Options& options) {
            graph_.operators.push_back({code, std::move(inputs), {result}, options, {}});
            last_ = result;
        };
        append(model::OperatorCode::squared_difference,
               {last_, constant(name + "/centres", layer.weights, each, {{scale}, {0}, 0})},
               computed("/squares", each, 0, layer.most_square), {});
        if (!one_factor) {
            append(model::OperatorCode::mul,
                   {last_, constant(name + "/factors", layer.factors, each,
                                    activation_range(0, std::ranges::max(layer.factors)))},
                   computed("/weighted", each, 0, layer.most_weighted), model::MulOptions{});
        }
        const float most = one_factor ? layer.most_sum / factor : layer.most_sum;
        const int32_t axis =
            add({name + "/axis", model::TensorType::int32, {1}, {}, bytes_of(std::vector{1})});
        append(model::OperatorCode::sum, {last_, axis}, computed("/sums", {layer.out}, 0, most),
               model::ReducerOptions{});
        if (one_factor) {
            append(model::OperatorCode::mul,
                   {last_, constant(name + "/factor", {factor}, {1}, activation_range(0, factor))},
                   computed("/scaled", {layer.out}, 0, layer.most_sum), model::MulOptions{});
        }
        const auto [least, greatest] = std::ranges::minmax(layer.bias);
        append(
            model::OperatorCode::sub,
            {constant(name + "/bias", layer.bias, {layer.out}, activation_range(least, greatest)),
             last_},
            computed("/rest", {layer.out}, layer.least, layer.greatest), model::SubOptions{});
        shape_ = {1, layer.out};
        flatten(name + "/rest");
        if (layer.exponential) {
            append(model::OperatorCode::exp, {last_},
                   add({name + "/similar",
                        model::TensorType::int8,
                        {1, layer.out},
                        {{1.0F / 256}, {-128}, 0}}),
                   {});
        }
        if (layer.softmax) softmax(name + "/softmax");
        outputs_.push_back(last_);
    }

    /// Real numbers as int8.
    int32_t constant(const std::string& name, const std::vector<float>& values,
                     const std::vector<int32_t>& shape, const model::Quantization& quantization) {
        std::vector<int8_t> steps;
        for (const float value : values) {
            const long step = std::lrintf(value / quantization.scales[0]) +
                              static_cast<long>(quantization.zero_points[0]);
            steps.push_back(static_cast<int8_t>(std::clamp(step, -128L, 127L)));
        }
        return add({name, model::TensorType::int8, shape, quantization, bytes_of(steps)});
    }

    void flatten(const std::string& name) {
        const auto quantization = graph_.tensors[static_cast<size_t>(last_)].quantization;
        const std::vector<int32_t> shape{1, shape_.time * shape_.values};
        const int32_t result = add({name + "/flat", model::TensorType::int8, shape, quantization});
        const int32_t wanted =
            add({name + "/shape", model::TensorType::int32, {2}, {}, bytes_of(shape)});
        graph_.operators.push_back({model::OperatorCode::reshape,
                                    {last_, wanted},
                                    {result},
                                    model::ReshapeOptions{shape},
                                    {}});
        last_ = result;
    }

    model::Graph graph_;
    Shape shape_{};
    int32_t last_ = 0;
    std::vector<int32_t> outputs_;  ///< tensor of each layer's output
};

}  // namespace

model::Graph to_graph(const FoldedNetwork& network) {
    if (network.layers.empty())
        throw std::runtime_error(network.name + ": a network needs a layer");
    check(network);
    GraphBuilder builder(network);
    for (size_t i = 0; i < network.layers.size(); ++i) {
        builder.layer(network.layers[i], fmt::format("layer_{}", i));
    }
    model::Graph graph = builder.finish(network.softmax);
    model::validate(graph);
    return graph;
}

}  // namespace ganglion::train
