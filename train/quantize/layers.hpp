#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::train {

enum class LayerKind { convolution, depthwise, dense };

/// One layer of a fitted network with its batch norm folded in, still in floating point.
/// Convolutions run over time only, without padding: input [time, in], kernel [kernel, in] or,
/// depthwise, [kernel].
struct FoldedLayer {
    LayerKind kind = LayerKind::dense;
    int32_t in = 0;
    int32_t out = 0;
    int32_t kernel = 1;
    int32_t stride = 1;
    bool relu = false;
    /// convolution [out][kernel][in], depthwise [kernel][out], dense [out][in]
    std::vector<float> weights;
    std::vector<float> bias;
    /// Smallest and largest output seen over the calibration data, after the activation.
    float least = 0;
    float greatest = 0;
    bool softmax = false;  ///< dense alone: the outputs then go through softmax
};

/// A network ready to be quantized: input frames × values of int8 with a fixed scale and zero point
/// 0.
struct FoldedNetwork {
    std::string name;
    int32_t frames = 0;
    int32_t values = 0;
    float input_scale = 1;
    std::vector<FoldedLayer> layers;
    bool softmax = false;  ///< behind the last layer
};

}  // namespace ganglion::train
