#include "train/quantize/to_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace ganglion::train {
namespace {

struct Shape {
    int32_t time;
    int32_t values;
};

Shape output_shape(const FoldedLayer& layer, Shape input) {
    if (layer.kind == LayerKind::dense) return {1, layer.out};
    return {(input.time - layer.kernel) / layer.stride + 1, layer.out};
}

size_t weight_count(const FoldedLayer& layer) {
    const auto in = static_cast<size_t>(layer.in);
    const auto out = static_cast<size_t>(layer.out);
    const auto kernel = static_cast<size_t>(layer.kernel);
    switch (layer.kind) {
        case LayerKind::convolution:
            return out * kernel * in;
        case LayerKind::depthwise:
            return kernel * out;
        case LayerKind::dense:
            return out * in;
    }
    return 0;
}

void check(const FoldedNetwork& network) {
    Shape shape{network.frames, network.values};
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const auto& layer = network.layers[i];
        const int32_t given =
            layer.kind == LayerKind::dense ? shape.time * shape.values : shape.values;
        const bool fits = layer.in == given && layer.kernel <= shape.time && layer.kernel > 0 &&
                          layer.weights.size() == weight_count(layer) &&
                          layer.bias.size() == static_cast<size_t>(layer.out) &&
                          (layer.kind != LayerKind::depthwise || layer.in == layer.out);
        if (!fits) {
            throw std::runtime_error(
                fmt::format("{}: layer {} takes {} values and does not fit the {} x {} before it",
                            network.name, i, layer.in, shape.time, shape.values));
        }
        if (!std::isfinite(layer.least) || !std::isfinite(layer.greatest)) {
            throw std::runtime_error(
                fmt::format("{}: layer {} has no finite range; the fit diverged", network.name, i));
        }
        shape = output_shape(layer, shape);
    }
}

template <typename T>
std::vector<uint8_t> bytes_of(const std::vector<T>& values) {
    std::vector<uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

model::Quantization activation_range(const FoldedLayer& layer) {
    const float low = std::min(0.0F, layer.least);
    const float high = std::max({0.0F, layer.greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    const auto zero = std::clamp<int64_t>(-128 - std::lrintf(low / scale), -128, 127);
    return {{scale}, {zero}, 0};
}

/// Index into layer.weights of weight `k` of output channel `channel`.
size_t weight_index(const FoldedLayer& layer, size_t channel, size_t k) {
    return layer.kind == LayerKind::depthwise
               ? k * static_cast<size_t>(layer.out) + channel
               : channel * (weight_count(layer) / static_cast<size_t>(layer.out)) + k;
}

class GraphBuilder {
  public:
    explicit GraphBuilder(const FoldedNetwork& network) {
        graph_.description = network.name;
        shape_ = {network.frames, network.values};
        const bool flat = network.layers.front().kind == LayerKind::dense;
        std::vector<int32_t> shape{1, network.frames, 1, network.values};
        if (flat) shape = {1, network.frames * network.values};
        last_ = add({"input", model::TensorType::int8, shape, {{network.input_scale}, {0}, 0}});
        graph_.inputs = {last_};
    }

    void layer(const FoldedLayer& layer, const std::string& name) {
        if (layer.kind == LayerKind::dense &&
            graph_.tensors[static_cast<size_t>(last_)].shape.size() != 2) {
            flatten(name);
        }
        const float input_scale = graph_.tensors[static_cast<size_t>(last_)].quantization.scales[0];
        const auto out = static_cast<size_t>(layer.out);
        const size_t per_channel = weight_count(layer) / out;
        const bool one_scale = layer.kind == LayerKind::dense;
        std::vector<float> scales(one_scale ? 1 : out, 0.0F);
        for (size_t c = 0; c < out; ++c) {
            float& scale = scales[one_scale ? 0 : c];
            for (size_t k = 0; k < per_channel; ++k) {
                scale =
                    std::max(scale, std::fabs(layer.weights[weight_index(layer, c, k)]) / 127.0F);
            }
        }
        for (auto& scale : scales) scale = std::max(scale, 1e-8F);
        std::vector<int8_t> weights(layer.weights.size());
        std::vector<int32_t> bias(out);
        std::vector<float> bias_scales;
        for (size_t c = 0; c < out; ++c) {
            const float scale = scales[one_scale ? 0 : c];
            for (size_t k = 0; k < per_channel; ++k) {
                const size_t i = weight_index(layer, c, k);
                weights[i] = static_cast<int8_t>(
                    std::clamp(std::lrintf(layer.weights[i] / scale), -127L, 127L));
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
        const int32_t w = add({name + "/weights",
                               model::TensorType::int8,
                               weight_shape,
                               {scales, zeros, axis},
                               bytes_of(weights)});
        const int32_t b = add({name + "/bias",
                               model::TensorType::int32,
                               {layer.out},
                               {bias_scales, zeros, 0},
                               bytes_of(bias)});
        shape_ = output_shape(layer, shape_);
        std::vector<int32_t> shape{1, shape_.time, 1, shape_.values};
        if (layer.kind == LayerKind::dense) shape = {1, layer.out};
        const int32_t result = add({name, model::TensorType::int8, shape, activation_range(layer)});
        const auto activation = layer.relu ? model::Activation::relu : model::Activation::none;
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
        if (layer.softmax) softmax(name + "/softmax");
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
};

std::vector<float> run_layer(const FoldedLayer& layer, const std::vector<float>& in, Shape shape) {
    const Shape to = output_shape(layer, shape);
    const auto out = static_cast<size_t>(layer.out);
    const auto values = static_cast<size_t>(shape.values);
    std::vector<float> result(static_cast<size_t>(to.time) * out);
    const size_t per_channel = weight_count(layer) / out;
    for (size_t t = 0; t < static_cast<size_t>(to.time); ++t) {
        const float* window = in.data() + t * static_cast<size_t>(layer.stride) * values;
        for (size_t c = 0; c < out; ++c) {
            float sum = layer.bias[c];
            if (layer.kind == LayerKind::depthwise) {
                for (size_t k = 0; k < per_channel; ++k)
                    sum += layer.weights[k * out + c] * window[k * values + c];
            } else {
                const float* weights = layer.weights.data() + c * per_channel;
                for (size_t k = 0; k < per_channel; ++k) sum += weights[k] * window[k];
            }
            result[t * out + c] = layer.relu ? std::max(0.0F, sum) : sum;
        }
    }
    return result;
}

}  // namespace

void apply_softmax(std::vector<float>& values) {
    const float top = *std::max_element(values.begin(), values.end());
    float sum = 0;
    for (float& value : values) sum += value = std::exp(value - top);
    for (float& value : values) value /= sum;
}

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

std::vector<float> run_float(const FoldedNetwork& network, std::vector<float> input) {
    Shape shape{network.frames, network.values};
    for (const auto& layer : network.layers) {
        input = run_layer(layer, input, shape);
        if (layer.softmax) apply_softmax(input);
        shape = output_shape(layer, shape);
    }
    return input;
}

void calibrate(FoldedNetwork& network, const std::vector<int8_t>& inputs, double outside) {
    const size_t size = static_cast<size_t>(network.frames) * static_cast<size_t>(network.values);
    const size_t count = size == 0 ? 0 : inputs.size() / size;
    if (count == 0)
        throw std::runtime_error(network.name + ": no data to calibrate quantization on");
    std::vector<std::vector<float>> seen(network.layers.size());
    for (size_t n = 0; n < count; ++n) {
        std::vector<float> value(size);
        for (size_t i = 0; i < size; ++i) {
            value[i] = static_cast<float>(inputs[n * size + i]) * network.input_scale;
        }
        Shape shape{network.frames, network.values};
        for (size_t i = 0; i < network.layers.size(); ++i) {
            value = run_layer(network.layers[i], value, shape);
            shape = output_shape(network.layers[i], shape);
            seen[i].insert(seen[i].end(), value.begin(), value.end());
            if (network.layers[i].softmax) apply_softmax(value);
        }
    }
    for (size_t i = 0; i < network.layers.size(); ++i) {
        auto& values = seen[i];
        const auto cut = static_cast<ptrdiff_t>(static_cast<double>(values.size()) * outside);
        std::nth_element(values.begin(), values.begin() + cut, values.end());
        network.layers[i].least = values[static_cast<size_t>(cut)];
        std::nth_element(values.begin(), values.end() - 1 - cut, values.end());
        network.layers[i].greatest = *(values.end() - 1 - cut);
    }
}

}  // namespace ganglion::train
