#include "train/quantize/recurrent.hpp"

#include <algorithm>
#include <cmath>

namespace ganglion::train {
namespace {

float logistic(float x) {
    return 1 / (1 + std::exp(-x));
}

/// Rows of weights times values.
std::vector<float> product(const float* weights, size_t rows, const float* values, size_t count) {
    std::vector<float> sums(rows, 0.0F);
    for (size_t r = 0; r < rows; ++r)
        for (size_t i = 0; i < count; ++i) sums[r] += weights[r * count + i] * values[i];
    return sums;
}

float bounded(float argument) {
    return std::clamp(argument, -kMostArgument, kMostArgument);
}

}  // namespace

float cell_limit(const FoldedLayer& layer) {
    const float most =
        std::max({std::fabs(layer.least_before), std::fabs(layer.greatest_before), 0.5F});
    return std::exp2(std::ceil(std::log2(most)));
}

RecurrentStates run_recurrent(const FoldedLayer& layer, const std::vector<float>& in) {
    const auto out = static_cast<size_t>(layer.out);
    const auto inputs = static_cast<size_t>(layer.in);
    const size_t rows = gates_of(layer.kind) * out;
    const float* of_state = layer.weights.data() + state_weights(layer);
    RecurrentStates states;
    std::vector<float> h(out, 0.0F);
    std::vector<float> c(out, 0.0F);
    const auto see = [&](float value) { states.before.push_back(value); };
    for (size_t t = 0; t < in.size() / inputs; ++t) {
        auto x = product(layer.weights.data(), rows, in.data() + t * inputs, inputs);
        for (size_t r = 0; r < rows; ++r) x[r] += layer.bias[r];
        if (layer.kind == LayerKind::lstm) {
            const auto u = product(of_state, rows, h.data(), out);
            const auto gate = [&](size_t g, size_t k) {
                return bounded(bounded(x[g * out + k]) + bounded(u[g * out + k]));
            };
            for (size_t k = 0; k < out; ++k) {
                c[k] = logistic(gate(1, k)) * c[k] + logistic(gate(0, k)) * std::tanh(gate(2, k));
                h[k] = logistic(gate(3, k)) * std::tanh(c[k]);
                see(c[k]);
            }
        } else {
            const auto u = product(of_state, 2 * out, h.data(), out);
            std::vector<float> kept(out);
            for (size_t k = 0; k < out; ++k) kept[k] = logistic(x[out + k] + u[out + k]) * h[k];
            const auto n = product(of_state + 2 * out * out, out, kept.data(), out);
            for (size_t k = 0; k < out; ++k) {
                const float update = logistic(x[k] + u[k]);
                const float candidate = std::tanh(x[2 * out + k] + n[k]);
                h[k] = candidate + update * (h[k] - candidate);
                for (const float part :
                     {x[k], u[k], x[k] + u[k], x[2 * out + k], n[k], x[2 * out + k] + n[k],
                      x[out + k], u[out + k], x[out + k] + u[out + k]})
                    see(part);
            }
        }
        states.hidden.insert(states.hidden.end(), h.begin(), h.end());
    }
    return states;
}

}  // namespace ganglion::train
