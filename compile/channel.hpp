#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "device/kernels/conv_2d.hpp"
#include "device/kernels/depthwise_conv_2d.hpp"
#include "device/kernels/fully_connected.hpp"

// What the layouts of weights are made from.

namespace ganglion::compile {

/// One output channel, independent of the layouts. An absent channel is all zeros.
struct Channel {
    std::vector<int8_t> weights;  ///< in the order of the plain operation's taps
    int32_t bias = 0;
    int32_t multiplier = 0;
    int32_t shift = -1;
};

/// A plain operation's output channels. One whose sums all give the same output has any scale that
/// does so; it gets one that every layout can hold, and weights of zero.
std::vector<Channel> channels_of(const Conv2dOp& plain, std::span<const uint8_t> constants);
std::vector<Channel> channels_of(const DepthwiseConv2dOp& plain,
                                 std::span<const uint8_t> constants);
/// Rows of the matrix, none simplified: they share one scale.
std::vector<Channel> channels_of(const FullyConnectedOp& plain, std::span<const uint8_t> constants);

/// A matrix product as a pointwise convolution of a line of pixels, its weights apart. Empty where
/// a length passes 65,535.
std::optional<Conv2dOp> as_convolution(const FullyConnectedOp& plain);
/// One whose every output channel sees the one input channel, its weights apart.
Conv2dOp as_convolution(const DepthwiseConv2dOp& plain);

/// No sum is larger.
int64_t most_of(const Channel& channel);

template <typename Value>
void append(std::vector<uint8_t>& bytes, Value value) {
    const size_t at = bytes.size();
    bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace ganglion::compile
