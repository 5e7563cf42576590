#include "train/network/recurrent_layers.hpp"

#include <cmath>

#include "train/network/rounding.hpp"
#include "train/quantize/recurrent.hpp"
#include "train/quantize/weight_steps.hpp"

namespace ganglion::train {
namespace {

/// The weights of some gates on their one scale.
torch::Tensor rounded_gates(const torch::Tensor& weights) {
    const auto scale = (weights.detach().abs().max() / 127).clamp_min(1e-8);
    return round_through(weights, torch::round(weights.detach() / scale).clamp(-127, 127) * scale);
}

/// [gates × out, columns], rounded in groups of `together` gates.
torch::Tensor rounded_matrix(const torch::Tensor& weights, int64_t out, int64_t together) {
    std::vector<torch::Tensor> parts;
    for (const auto& part : weights.split(together * out, 0)) parts.push_back(rounded_gates(part));
    return torch::cat(parts, 0);
}

torch::Tensor bounded(const torch::Tensor& x) {
    return x.clamp(-kMostArgument, kMostArgument);
}

torch::Tensor lstm_state(const torch::Tensor& x, const torch::Tensor& of_input,
                         const torch::Tensor& of_state, const torch::Tensor& bias,
                         const FoldedLayer& layer, bool rounded) {
    const int64_t out = layer.out;
    const auto w = rounded ? rounded_matrix(of_input, out, 1) : of_input;
    const auto u = rounded ? rounded_matrix(of_state, out, 1) : of_state;
    const float limit = rounded ? cell_limit(layer) : 0;
    const auto from_input = bounded(torch::linear(x, w, bias));  // [batch, time, 4 out]
    auto h = torch::zeros({x.size(0), out}, x.options());
    auto c = torch::zeros_like(h);
    for (int64_t t = 0; t < x.size(1); ++t) {
        const auto gates =
            bounded(from_input.select(1, t) + bounded(torch::linear(h, u))).chunk(4, 1);
        c = torch::sigmoid(gates[1]) * c + torch::sigmoid(gates[0]) * torch::tanh(gates[2]);
        if (rounded) c = c.clamp(-limit, limit);
        h = torch::sigmoid(gates[3]) * torch::tanh(c);
        if (rounded) h = rounded_activation(h, false, layer.least, layer.greatest);
    }
    return h;
}

torch::Tensor gru_state(const torch::Tensor& x, const torch::Tensor& of_input,
                        const torch::Tensor& of_state, const torch::Tensor& bias,
                        const FoldedLayer& layer, bool rounded) {
    const int64_t out = layer.out;
    const auto w = rounded ? rounded_gates(of_input) : of_input;
    auto of_gates = of_state.narrow(0, 0, 2 * out);
    auto of_candidate = of_state.narrow(0, 2 * out, out);
    if (rounded) {
        of_gates = rounded_gates(of_gates);
        of_candidate = rounded_gates(of_candidate);
    }
    const auto argument = [&](const torch::Tensor& value) {
        return rounded ? rounded_activation(value, false, layer.least_before, layer.greatest_before)
                       : value;
    };
    const auto on = [&](const torch::Tensor& value, float scale, int64_t zero) {
        return rounded ? torch::fake_quantize_per_tensor_affine(value, scale, zero, -128, 127)
                       : value;
    };
    const auto from_input = argument(torch::linear(x, w, bias));  // [batch, time, 3 out]
    auto h = torch::zeros({x.size(0), out}, x.options());
    for (int64_t t = 0; t < x.size(1); ++t) {
        const auto now = from_input.select(1, t);
        const auto gates = on(torch::sigmoid(argument(now.narrow(1, 0, 2 * out) +
                                                      argument(torch::linear(h, of_gates)))),
                              1.0F / 256, -128)
                               .chunk(2, 1);
        const auto kept = on(gates[1] * h, kGruStateScale, 0);
        const auto candidate =
            on(torch::tanh(argument(now.narrow(1, 2 * out, out) +
                                    argument(torch::linear(kept, of_candidate)))),
               kGruStateScale, 0);
        const auto part =
            on(gates[0] * on(h - candidate, 2 * kGruStateScale, 0), 2 * kGruStateScale, 0);
        h = on(candidate + part, kGruStateScale, 0);
    }
    return h;
}

}  // namespace

torch::Tensor last_state(const torch::Tensor& x, const torch::Tensor& weights,
                         const torch::Tensor& bias, const FoldedLayer& layer, bool rounded) {
    const auto rows = static_cast<int64_t>(gates_of(layer.kind)) * layer.out;
    const auto begin = static_cast<int64_t>(state_weights(layer));
    const auto of_input = weights.narrow(0, 0, begin).reshape({rows, layer.in});
    const auto of_state = weights.narrow(0, begin, rows * layer.out).reshape({rows, layer.out});
    const auto sequence = x.permute({0, 2, 1});
    const auto h = layer.kind == LayerKind::lstm
                       ? lstm_state(sequence, of_input, of_state, bias, layer, rounded)
                       : gru_state(sequence, of_input, of_state, bias, layer, rounded);
    return h.unsqueeze(2);
}

torch::Tensor first_recurrent_weights(const FoldedLayer& layer) {
    const double most = 1 / std::sqrt(static_cast<double>(layer.out));
    return torch::empty({static_cast<int64_t>(weight_count(layer))}).uniform_(-most, most);
}

torch::Tensor first_recurrent_bias(const FoldedLayer& layer) {
    auto bias = torch::zeros({static_cast<int64_t>(bias_count(layer))});
    if (layer.kind == LayerKind::lstm) bias.narrow(0, layer.out, layer.out).fill_(1);
    return bias;
}

}  // namespace ganglion::train
