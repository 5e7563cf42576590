#include "train/network/quantized_net.hpp"

#include <fmt/format.h>

#include "train/network/fast_layers.hpp"
#include "train/network/net.hpp"
#include "train/network/recurrent_layers.hpp"
#include "train/network/rounding.hpp"
#include "train/quantize/recurrent.hpp"
#include "train/quantize/weight_steps.hpp"

namespace ganglion::train {
namespace {

/// Of torch's order, output channels first, on a layer's scales and steps (weight_steps.hpp).
torch::Tensor rounded_weights(const torch::Tensor& weight, const FoldedLayer& layer) {
    const auto w = weight.detach();
    const auto size = w.abs().reshape({w.size(0), -1});
    const double last = last_step(layer);
    torch::Tensor scale;
    if (!layer.scales.empty()) {
        scale = torch::tensor(layer.scales, w.options());
    } else if (has_one_scale(layer)) {
        scale = size.max().reshape({1}) / last;
    } else {
        scale = std::get<0>(size.max(1)) / last;
    }
    scale = scale.clamp_min(1e-8);
    std::vector<int64_t> shape(static_cast<size_t>(w.dim()), 1);
    shape[0] = -1;
    scale = scale.reshape(shape);
    const auto place = w / scale;
    if (layer.steps.empty())
        return round_through(weight, torch::round(place).clamp(-last, last) * scale);
    const std::vector<float> values(layer.steps.begin(), layer.steps.end());
    const auto steps = torch::tensor(values, w.options());
    const auto nearest = (place.unsqueeze(-1) - steps).abs().argmin(-1);
    return round_through(weight, steps.index({nearest}) * scale);
}

torch::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
    return torch::from_blob(const_cast<float*>(values.data()), shape).clone();
}

std::vector<float> values_of(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kCPU).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

QuantizedNet::QuantizedNet(const FoldedNetwork& network)
    : network_(network), convolutional_(network.layers.front().kind != LayerKind::dense) {
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const auto& l = network.layers[i];
        torch::Tensor weight;
        if (is_recurrent(l)) {
            weight = tensor_of(l.weights, {static_cast<int64_t>(l.weights.size())});
        } else if (l.kind == LayerKind::depthwise) {
            weight = tensor_of(l.weights, {l.kernel, 1, l.out}).permute({2, 1, 0}).contiguous();
        } else if (convolutional_) {
            const int64_t kernel = l.kind == LayerKind::dense ? 1 : l.kernel;
            weight = tensor_of(l.weights, {l.out, kernel, l.in}).permute({0, 2, 1}).contiguous();
        } else {
            weight = tensor_of(l.weights, {l.out, l.in});
        }
        weights_.push_back(register_parameter(fmt::format("weight_{}", i), weight));
        bias_.push_back(register_parameter(
            fmt::format("bias_{}", i), tensor_of(l.bias, {static_cast<int64_t>(l.bias.size())})));
    }
}

torch::Tensor QuantizedNet::forward(torch::Tensor x) {
    std::vector<torch::Tensor> outputs;
    for (size_t i = 0; i < network_.layers.size(); ++i) {
        const auto& l = network_.layers[i];
        if (is_recurrent(l)) {
            x = last_state(x, weights_[i], bias_[i], l, true);
            outputs.push_back(x);
            continue;
        }
        const auto weight = rounded_weights(weights_[i], l);
        if (convolutional_) {
            x = l.kind == LayerKind::depthwise
                    ? depthwise_over_time(x, weight, bias_[i])
                    : convolution_over_time(x, weight, bias_[i], l.stride);
        } else {
            x = torch::linear(x, weight, bias_[i]);
        }
        if (l.adds >= 0) {
            x = rounded_activation(x, false, l.least_before, l.greatest_before);
            x = x + latest(outputs[static_cast<size_t>(l.adds)], x);
        }
        x = rounded_activation(x, l.relu, l.least, l.greatest);
        outputs.push_back(x);
    }
    return x;
}

FoldedNetwork QuantizedNet::network() const {
    FoldedNetwork result = network_;
    for (size_t i = 0; i < result.layers.size(); ++i) {
        auto& l = result.layers[i];
        auto weight = weights_[i];
        if (l.kind == LayerKind::depthwise) {
            weight = weight.permute({2, 1, 0});
        } else if (convolutional_ && !is_recurrent(l)) {
            weight = weight.permute({0, 2, 1});
        }
        l.weights = values_of(weight);
        l.bias = values_of(bias_[i]);
    }
    return result;
}

}  // namespace ganglion::train
