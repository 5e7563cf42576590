#include "train/network/quantized_net.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "train/network/fast_layers.hpp"

namespace ganglion::train {
namespace {

/// Rounded forward, as it is backward; beyond the range the gradient ends.
torch::Tensor round_through(const torch::Tensor& x, const torch::Tensor& rounded) {
    return x + (rounded - x).detach();
}

torch::Tensor rounded_weights(const torch::Tensor& weight, bool one_scale) {
    const auto size = weight.detach().abs().reshape({weight.size(0), -1});
    auto scale = (one_scale ? size.max().reshape({1}) : std::get<0>(size.max(1))) / 127.0;
    scale = scale.clamp_min(1e-8);
    std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
    shape[0] = -1;
    scale = scale.reshape(shape);
    return round_through(weight, torch::round(weight.detach() / scale).clamp(-127, 127) * scale);
}

/// To the int8 scale of the layer's range and back; beyond the range, which for a ReLU begins at 0,
/// the gradient ends.
torch::Tensor rounded_activation(const torch::Tensor& x, const FoldedLayer& layer) {
    const float low = layer.relu ? 0.0F : std::min(0.0F, layer.least);
    const float high = std::max({0.0F, layer.greatest, low + 1e-6F});
    const float scale = (high - low) / 255.0F;
    const float zero = std::clamp(-128.0F - std::nearbyint(low / scale), -128.0F, 127.0F);
    return torch::fake_quantize_per_tensor_affine(x, scale, static_cast<int64_t>(zero), -128, 127);
}

torch::Tensor tensor_of(const std::vector<float>& values, at::IntArrayRef shape) {
    return torch::from_blob(const_cast<float*>(values.data()), shape).clone();
}

std::vector<float> values_of(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

QuantizedNet::QuantizedNet(const FoldedNetwork& network)
    : network_(network), convolutional_(network.layers.front().kind != LayerKind::dense) {
    for (size_t i = 0; i < network.layers.size(); ++i) {
        const auto& l = network.layers[i];
        torch::Tensor weight;
        if (l.kind == LayerKind::depthwise) {
            weight = tensor_of(l.weights, {l.kernel, 1, l.out}).permute({2, 1, 0}).contiguous();
        } else if (convolutional_) {
            const int64_t kernel = l.kind == LayerKind::dense ? 1 : l.kernel;
            weight = tensor_of(l.weights, {l.out, kernel, l.in}).permute({0, 2, 1}).contiguous();
        } else {
            weight = tensor_of(l.weights, {l.out, l.in});
        }
        weights_.push_back(register_parameter(fmt::format("weight_{}", i), weight));
        bias_.push_back(register_parameter(fmt::format("bias_{}", i), tensor_of(l.bias, {l.out})));
    }
}

torch::Tensor QuantizedNet::forward(torch::Tensor x) {
    for (size_t i = 0; i < network_.layers.size(); ++i) {
        const auto& l = network_.layers[i];
        const auto weight = rounded_weights(weights_[i], l.kind == LayerKind::dense);
        if (convolutional_) {
            const std::vector<int64_t> stride{l.stride};
            const std::vector<int64_t> padding{0};
            x = l.kind == LayerKind::depthwise
                    ? depthwise_over_time(x, weight, bias_[i])
                    : torch::conv1d(x, weight, bias_[i], stride, at::IntArrayRef(padding));
        } else {
            x = torch::linear(x, weight, bias_[i]);
        }
        x = rounded_activation(x, l);
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
        } else if (convolutional_) {
            weight = weight.permute({0, 2, 1});
        }
        l.weights = values_of(weight);
        l.bias = values_of(bias_[i]);
    }
    return result;
}

}  // namespace ganglion::train
