#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/graph.hpp"

namespace ganglion::compile {

/// What each channel of a computed tensor always is, where that is known.
using ChannelValues = std::vector<std::optional<int32_t>>;

/// How an operator treats the channels of its inputs and its output.
enum class ChannelRole : uint8_t {
    mixes,     ///< CONV_2D, FULLY_CONNECTED over channels: any output may read any input
    separate,  ///< output channel c reads input channel c only
    pairs,     ///< output channel c reads channel c of both inputs: ADD, SUB, MUL
    stacks,    ///< the inputs' channels one after another: CONCATENATION
    opaque,    ///< not understood
};

/// Channels of a tensor: its last dimension.
uint32_t channels_of(const model::Tensor& tensor);

ChannelRole channel_role(const model::Graph& graph, const model::Operator& op);

/// True where some window position of a convolution reaches over the image's edge.
bool reads_padding(const model::Graph& graph, const model::Operator& op);

/// The known values of an operator's output channels, given those of each tensor.
ChannelValues constant_channels(const model::Graph& graph, const model::Operator& op,
                                const std::vector<ChannelValues>& values);

/// Weights of a mixing operator: [out][taps][in].
struct MixingWeights {
    const int8_t* data;
    uint32_t out, taps, in;

    int32_t at(uint32_t o, uint32_t tap, uint32_t i) const {
        return data[(o * taps + tap) * in + i];
    }
};
MixingWeights mixing_weights(const model::Graph& graph, const model::Operator& op);

}  // namespace ganglion::compile
