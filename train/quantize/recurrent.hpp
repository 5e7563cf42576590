#pragma once

#include <cstddef>
#include <vector>

#include "train/quantize/layers.hpp"

// Layers with a state that runs over time: what training, float evaluation and export share.

namespace ganglion::train {

inline bool is_recurrent(const FoldedLayer& layer) {
    return layer.kind == LayerKind::lstm || layer.kind == LayerKind::gru;
}

inline size_t gates_of(LayerKind kind) {
    return kind == LayerKind::lstm ? 4 : 3;
}

/// Where the weights of the state begin.
inline size_t state_weights(const FoldedLayer& layer) {
    return gates_of(layer.kind) * static_cast<size_t>(layer.out) * static_cast<size_t>(layer.in);
}

/// The engine keeps an LSTM's gates' arguments as Q3.12 and a GRU's hidden state as Q0.7.
constexpr float kMostArgument = 8;
constexpr float kGruStateScale = 1.0F / 128;

/// The power of two within which an LSTM's cell state stays: the engine's int16 scale is one.
float cell_limit(const FoldedLayer& layer);

/// What such a layer goes through, moment after moment.
struct RecurrentStates {
    std::vector<float> hidden;  ///< [time][out]
    std::vector<float> before;  ///< what least_before and greatest_before are of
};

/// In floating point. `in`: [time][layer.in].
RecurrentStates run_recurrent(const FoldedLayer& layer, const std::vector<float>& in);

}  // namespace ganglion::train
