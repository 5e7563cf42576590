#include "train/network/net.hpp"

#include <fmt/format.h>

#include <cmath>

#include "train/network/fast_layers.hpp"
#include "train/network/recurrent_layers.hpp"
#include "train/quantize/recurrent.hpp"

namespace ganglion::train {
namespace {

std::vector<float> values_of(const torch::Tensor& tensor) {
    const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

torch::Tensor latest(const torch::Tensor& x, const torch::Tensor& like) {
    return x.narrow(2, x.size(2) - like.size(2), like.size(2));
}

Net::Net(std::vector<FoldedLayer> shapes)
    : shapes_(std::move(shapes)), convolutional_(shapes_.front().kind != LayerKind::dense) {
    for (size_t i = 0; i < shapes_.size(); ++i) {
        const auto& s = shapes_[i];
        convolutions_.emplace_back(nullptr);
        dense_.emplace_back(nullptr);
        norms_.emplace_back(nullptr);
        recurrent_weights_.emplace_back();
        recurrent_bias_.emplace_back();
        if (is_recurrent(s)) {
            recurrent_weights_.back() =
                register_parameter(fmt::format("recurrent_{}", i), first_recurrent_weights(s));
            recurrent_bias_.back() =
                register_parameter(fmt::format("recurrent_bias_{}", i), first_recurrent_bias(s));
            continue;
        }
        if (!convolutional_) {
            dense_.back() =
                register_module(fmt::format("dense_{}", i), torch::nn::Linear(s.in, s.out));
            continue;
        }
        // A dense layer behind convolutions sees one moment: a convolution of width one over time.
        auto options = torch::nn::Conv1dOptions(s.in, s.out, s.kernel).stride(s.stride);
        if (s.kind == LayerKind::depthwise) options.groups(s.in);
        const bool normed = s.kind != LayerKind::dense;
        options.bias(!normed);
        convolutions_.back() =
            register_module(fmt::format("conv_{}", i), torch::nn::Conv1d(options));
        if (normed)
            norms_.back() =
                register_module(fmt::format("norm_{}", i), torch::nn::BatchNorm1d(s.out));
    }
}

torch::Tensor Net::forward(torch::Tensor x) {
    std::vector<torch::Tensor> outputs;
    for (size_t i = 0; i < shapes_.size(); ++i) {
        const auto& shape = shapes_[i];
        if (is_recurrent(shape)) {
            x = last_state(x, recurrent_weights_[i], recurrent_bias_[i], shape, false);
            outputs.push_back(x);
            continue;
        }
        if (!convolutional_) {
            x = dense_[i]->forward(x);
        } else if (shape.kind == LayerKind::depthwise) {
            x = depthwise_over_time(x, convolutions_[i]->weight, convolutions_[i]->bias);
        } else {
            x = convolution_over_time(x, convolutions_[i]->weight, convolutions_[i]->bias,
                                      shape.stride);
        }
        const bool sums = shape.adds >= 0;
        const bool normed = !norms_[i].is_empty();
        const bool together = normed && is_training();  // batch norm and activation in one pass
        if (together) {
            x = batch_norm_relu(x, norms_[i], shape.relu && !sums);
        } else if (normed) {
            x = norms_[i]->forward(x);
        }
        if (sums) x = x + latest(outputs[static_cast<size_t>(shape.adds)], x);
        if (shape.relu && (sums || !together)) x = torch::relu(x);
        outputs.push_back(x);
    }
    return x;
}

std::vector<FoldedLayer> Net::fold() const {
    auto layers = shapes_;
    for (size_t i = 0; i < layers.size(); ++i) {
        auto& layer = layers[i];
        const auto out = static_cast<size_t>(layer.out);
        if (is_recurrent(layer)) {
            layer.weights = values_of(recurrent_weights_[i]);
            layer.bias = values_of(recurrent_bias_[i]);
            continue;
        }
        if (!convolutional_) {
            layer.weights = values_of(dense_[i]->weight);
            layer.bias = values_of(dense_[i]->bias);
            continue;
        }
        // torch keeps [out, in, kernel] (depthwise [out, 1, kernel]); folded order has channels
        // last.
        const auto weight = convolutions_[i]->weight;
        layer.weights = values_of(layer.kind == LayerKind::depthwise ? weight.permute({2, 1, 0})
                                                                     : weight.permute({0, 2, 1}));
        layer.bias = convolutions_[i]->bias.defined() ? values_of(convolutions_[i]->bias)
                                                      : std::vector<float>(out, 0.0F);
        if (norms_[i].is_empty()) continue;
        const auto gamma = values_of(norms_[i]->weight);
        const auto beta = values_of(norms_[i]->bias);
        const auto mean = values_of(norms_[i]->running_mean);
        const auto variance = values_of(norms_[i]->running_var);
        const double epsilon = norms_[i]->options.eps();
        const size_t per_channel = layer.weights.size() / out;
        for (size_t c = 0; c < out; ++c) {
            const auto factor = static_cast<float>(gamma[c] / std::sqrt(variance[c] + epsilon));
            for (size_t k = 0; k < per_channel; ++k) {
                layer.weights[layer.kind == LayerKind::depthwise ? k * out + c
                                                                 : c * per_channel + k] *= factor;
            }
            layer.bias[c] = beta[c] - mean[c] * factor;
        }
    }
    return layers;
}

}  // namespace ganglion::train
