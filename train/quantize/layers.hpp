#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ganglion::train {

/// distances: as dense, but output k = bias[k] - Σ factor[k][j] (x[j] - weight[k][j])².
/// lstm (Hochreiter and Schmidhuber 1997) and gru (Cho et al. 2014, the reset gate before the
/// product): the hidden state after the last moment, from states of 0 at the first.
enum class LayerKind { convolution, depthwise, dense, distances, lstm, gru };

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
    /// convolution [out][kernel][in], depthwise [kernel][out], dense [out][in]; lstm and gru: of
    /// the input [gates][out][in], then of the state [gates][out][out], bias [gates][out]. Gates:
    /// lstm input, forget, candidate, output; gru update, reset, candidate.
    std::vector<float> weights;
    std::vector<float> bias;
    /// Smallest and largest output seen over the calibration data, after the activation.
    float least = 0;
    float greatest = 0;
    bool softmax = false;  ///< dense or distances: the outputs then go through softmax

    int32_t weight_bits = 8;  ///< 8, or 4: steps from -7 to 7
    /// Of the weights, one for each output channel (dense with 8 bits: one). Empty: such that the
    /// largest weight is the last step.
    std::vector<float> scales{};
    std::vector<int8_t> steps{};  ///< the only ones that weights may take; empty: all

    /// A convolution alone: the earlier layer whose output is added to this one's before the
    /// activation, its latest moments where it has more of them; -1: none. Channels must agree.
    int32_t adds = -1;
    /// Smallest and largest output before the addition; of an lstm: cell state; of a gru: argument
    /// of a gate, and either part of it. (`least` and `greatest` of both: hidden state.)
    float least_before = 0;
    float greatest_before = 0;

    std::vector<float> factors{};  ///< distances alone: [out][in], not negative
    bool exponential = false;      ///< distances alone: the outputs then go through e^x
    /// distances alone: the largest squared difference, that times its factor, and sum of these.
    float most_square = 0;
    float most_weighted = 0;
    float most_sum = 0;
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
