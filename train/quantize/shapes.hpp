#pragma once

#include <cstdint>

#include "train/quantize/layers.hpp"
#include "train/quantize/recurrent.hpp"

namespace ganglion::train {

/// What lies between two layers.
struct Shape {
    int32_t time;
    int32_t values;
};

/// Whether a layer sees all that comes before it at once.
inline bool sees_all(const FoldedLayer& layer) {
    return layer.kind == LayerKind::dense || layer.kind == LayerKind::distances;
}

inline Shape output_shape(const FoldedLayer& layer, Shape input) {
    if (sees_all(layer) || is_recurrent(layer)) return {1, layer.out};
    return {(input.time - layer.kernel) / layer.stride + 1, layer.out};
}

}  // namespace ganglion::train
