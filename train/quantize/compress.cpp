#include "train/quantize/compress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>

#include "train/quantize/weight_steps.hpp"

namespace ganglion::train {
namespace {

constexpr int kRounds = 30;

/// Sum of the sizes of what makes each output channel.
std::vector<double> channel_sizes(const FoldedLayer& layer) {
    const auto out = static_cast<size_t>(layer.out);
    std::vector<double> sizes(out, 0);
    for (size_t c = 0; c < out; ++c) {
        for (size_t k = 0; k < weight_count(layer) / out; ++k)
            sizes[c] += std::fabs(static_cast<double>(layer.weights[weight_index(layer, c, k)]));
    }
    return sizes;
}

/// The channels that stay, ascending.
std::vector<size_t> largest(const std::vector<double>& sizes, double share) {
    const auto all = sizes.size();
    auto stay = static_cast<size_t>(std::ceil(static_cast<double>(all) * (1 - share)));
    stay = std::min(all, std::max<size_t>(4, (stay + 3) / 4 * 4));
    std::vector<size_t> order(all);
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });
    order.resize(stay);
    std::sort(order.begin(), order.end());
    return order;
}

/// Only these outputs.
FoldedLayer with_outputs(const FoldedLayer& layer, const std::vector<size_t>& stay) {
    FoldedLayer small = layer;
    small.out = static_cast<int32_t>(stay.size());
    if (layer.kind == LayerKind::depthwise) small.in = small.out;
    small.weights.assign(weight_count(small), 0.0F);
    small.bias.clear();
    const size_t each = weight_count(layer) / static_cast<size_t>(layer.out);
    for (size_t c = 0; c < stay.size(); ++c) {
        small.bias.push_back(layer.bias[stay[c]]);
        for (size_t k = 0; k < each; ++k)
            small.weights[weight_index(small, c, k)] =
                layer.weights[weight_index(layer, stay[c], k)];
    }
    return small;
}

/// Only these inputs. `values`: channels that came before; a dense layer sees them at each moment.
FoldedLayer with_inputs(const FoldedLayer& layer, const std::vector<size_t>& stay, size_t values) {
    FoldedLayer small = layer;
    const size_t each = weight_count(layer) / static_cast<size_t>(layer.out);
    const size_t moments = each / values;
    small.in =
        static_cast<int32_t>(layer.kind == LayerKind::dense ? moments * stay.size() : stay.size());
    small.weights.clear();
    for (size_t c = 0; c < static_cast<size_t>(layer.out); ++c) {
        for (size_t moment = 0; moment < moments; ++moment) {
            for (const size_t value : stay)
                small.weights.push_back(layer.weights[c * each + moment * values + value]);
        }
    }
    return small;
}

}  // namespace

FoldedNetwork pruned(const FoldedNetwork& network, double share) {
    if (!(share >= 0 && share < 1))
        throw std::runtime_error(
            fmt::format("{}: a share of {} cannot be pruned", network.name, share));
    FoldedNetwork small = network;
    auto& layers = small.layers;
    std::set<size_t> added;  // what is added to each other must have the same channels
    for (size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].adds >= 0) added.insert({i, static_cast<size_t>(layers[i].adds)});
    }
    for (size_t i = 0; i + 1 < layers.size(); ++i) {
        if (layers[i].kind == LayerKind::depthwise) continue;  // goes with the layer before it
        size_t next = i + 1;
        while (layers[next].kind == LayerKind::depthwise && next + 1 < layers.size()) ++next;
        const auto first_added = added.lower_bound(i);
        if (first_added != added.end() && *first_added < next) continue;
        auto sizes = channel_sizes(layers[i]);
        // What a depthwise layer makes of a channel counts as well.
        for (size_t d = i + 1; d < next; ++d) {
            const auto through = channel_sizes(layers[d]);
            for (size_t c = 0; c < sizes.size(); ++c) sizes[c] *= through[c];
        }
        const auto stay = largest(sizes, share);
        const auto values = static_cast<size_t>(layers[i].out);
        for (size_t d = i; d < next; ++d) layers[d] = with_outputs(layers[d], stay);
        layers[next] = with_inputs(layers[next], stay, values);
    }
    return small;
}

FoldedNetwork clustered(FoldedNetwork network, uint32_t clusters) {
    if (clusters < 2 || clusters > 255) {
        throw std::runtime_error(
            fmt::format("{}: {} clusters; between 2 and 255 are possible", network.name, clusters));
    }
    for (auto& layer : network.layers) {
        layer.scales = weight_scales(layer);
        layer.steps.clear();
        std::vector<double> places;
        const auto out = static_cast<size_t>(layer.out);
        const size_t each = weight_count(layer) / out;
        for (size_t c = 0; c < out; ++c) {
            const float scale = layer.scales[layer.scales.size() == 1 ? 0 : c];
            for (size_t k = 0; k < each; ++k)
                places.push_back(layer.weights[weight_index(layer, c, k)] / scale);
        }
        std::sort(places.begin(), places.end());
        std::vector<double> centres;  // evenly over the values, not over their number
        for (uint32_t n = 0; n < clusters; ++n) {
            centres.push_back(places.front() + (places.back() - places.front()) * n /
                                                   static_cast<double>(clusters - 1));
        }
        for (int round = 0; round < kRounds; ++round) {
            std::vector<double> sums(centres.size(), 0);
            std::vector<double> counts(centres.size(), 0);
            size_t nearest = 0;  // both are ascending
            for (const double place : places) {
                while (nearest + 1 < centres.size() && std::fabs(centres[nearest + 1] - place) <=
                                                           std::fabs(centres[nearest] - place))
                    ++nearest;
                sums[nearest] += place;
                counts[nearest] += 1;
            }
            for (size_t n = 0; n < centres.size(); ++n)
                if (counts[n] > 0) centres[n] = sums[n] / counts[n];
        }
        const auto last = static_cast<double>(last_step(layer));
        std::set<int8_t> steps;
        for (const double centre : centres)
            steps.insert(static_cast<int8_t>(std::clamp(std::nearbyint(centre), -last, last)));
        layer.steps.assign(steps.begin(), steps.end());
    }
    return network;
}

FoldedNetwork with_int4_weights(FoldedNetwork network) {
    for (size_t i = 0; i + 1 < network.layers.size(); ++i) {
        auto& layer = network.layers[i];
        if (layer.kind != LayerKind::depthwise) layer.weight_bits = 4;
    }
    return network;
}

FoldedNetwork with_rounded_weights(FoldedNetwork network) {
    for (auto& layer : network.layers) {
        const auto scales = weight_scales(layer);
        const auto out = static_cast<size_t>(layer.out);
        for (size_t c = 0; c < out; ++c) {
            const float scale = scales[scales.size() == 1 ? 0 : c];
            for (size_t k = 0; k < weight_count(layer) / out; ++k) {
                float& weight = layer.weights[weight_index(layer, c, k)];
                weight = static_cast<float>(weight_step(layer, weight, scale)) * scale;
            }
        }
    }
    return network;
}

size_t most_different_steps(const FoldedNetwork& network) {
    size_t most = 0;
    for (const auto& layer : network.layers) {
        const auto scales = weight_scales(layer);
        const auto out = static_cast<size_t>(layer.out);
        std::set<int32_t> steps;
        for (size_t c = 0; c < out; ++c) {
            for (size_t k = 0; k < weight_count(layer) / out; ++k) {
                steps.insert(weight_step(layer, layer.weights[weight_index(layer, c, k)],
                                         scales[scales.size() == 1 ? 0 : c]));
            }
        }
        most = std::max(most, steps.size());
    }
    return most;
}

}  // namespace ganglion::train
