#include "train/quantize/weight_steps.hpp"

#include <algorithm>
#include <cmath>

#include "train/quantize/recurrent.hpp"

namespace ganglion::train {

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
        case LayerKind::distances:
            return out * in;
        case LayerKind::lstm:
        case LayerKind::gru:
            return gates_of(layer.kind) * out * (in + out);
    }
    return 0;
}

size_t bias_count(const FoldedLayer& layer) {
    const auto out = static_cast<size_t>(layer.out);
    return is_recurrent(layer) ? gates_of(layer.kind) * out : out;
}

size_t weight_index(const FoldedLayer& layer, size_t channel, size_t k) {
    return layer.kind == LayerKind::depthwise
               ? k * static_cast<size_t>(layer.out) + channel
               : channel * (weight_count(layer) / static_cast<size_t>(layer.out)) + k;
}

int32_t last_step(const FoldedLayer& layer) {
    return layer.weight_bits == 4 ? 7 : 127;
}

bool has_one_scale(const FoldedLayer& layer) {
    return layer.kind == LayerKind::dense && layer.weight_bits == 8;
}

std::vector<float> weight_scales(const FoldedLayer& layer) {
    if (!layer.scales.empty()) return layer.scales;
    const auto out = static_cast<size_t>(layer.out);
    const size_t per_channel = weight_count(layer) / out;
    const auto last = static_cast<float>(last_step(layer));
    std::vector<float> scales(has_one_scale(layer) ? 1 : out, 1e-8F);
    for (size_t c = 0; c < out; ++c) {
        float& scale = scales[scales.size() == 1 ? 0 : c];
        for (size_t k = 0; k < per_channel; ++k)
            scale = std::max(scale, std::fabs(layer.weights[weight_index(layer, c, k)]) / last);
    }
    return scales;
}

int32_t weight_step(const FoldedLayer& layer, float weight, float scale) {
    const float place = weight / scale;
    if (layer.steps.empty()) {
        const auto last = static_cast<float>(last_step(layer));
        return static_cast<int32_t>(std::clamp(std::nearbyint(place), -last, last));
    }
    return *std::min_element(layer.steps.begin(), layer.steps.end(), [&](int8_t a, int8_t b) {
        return std::fabs(place - static_cast<float>(a)) < std::fabs(place - static_cast<float>(b));
    });
}

}  // namespace ganglion::train
