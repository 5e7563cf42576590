#include "compile/channel.hpp"

#include <algorithm>
#include <cstdlib>

#include "device/kernels/requantize.hpp"

namespace ganglion::compile {
namespace {

/// Channel `index` of `count` from a plain operation's per-channel table.
Channel channel_of(std::span<const uint8_t> constants, const ChannelTable& table, uint32_t index,
                   uint32_t count) {
    Channel channel;
    const uint8_t* words = constants.data() + table.offset;
    std::memcpy(&channel.bias, words + 4 * index, 4);
    std::memcpy(&channel.multiplier, words + 4 * (count + index), 4);
    const uint8_t shift = words[8 * count + index];
    channel.shift = shift < 128 ? shift : shift - 256;
    return channel;
}

/// A channel whose largest and smallest sums give the same output is a constant, and may have any
/// scale: it gets one that every layout can hold.
void simplify(Channel& channel, const OutputRange& range) {
    const int64_t most = most_of(channel);
    if (channel.shift > 0 || most > INT32_MAX) return;
    const auto swing = static_cast<int32_t>(most - std::abs(int64_t{channel.bias}));
    const auto output = [&](int32_t sum) -> int32_t {
        return to_output(requantize(sum, channel.multiplier, channel.shift), range);
    };
    const int32_t value = output(channel.bias - swing);
    if (value != output(channel.bias + swing)) return;
    std::fill(channel.weights.begin(), channel.weights.end(), int8_t{0});
    channel.bias = 4 * (value - range.zero_point);
    channel.multiplier = 1 << 30;
    channel.shift = -1;
}

}  // namespace

int64_t most_of(const Channel& channel) {
    int64_t most = std::abs(int64_t{channel.bias});
    for (int8_t weight : channel.weights) most += 128 * std::abs(int64_t{weight});
    return most;
}

std::vector<Channel> channels_of(const Conv2dOp& plain, std::span<const uint8_t> constants) {
    const uint32_t taps = conv_2d_taps(plain.window);
    std::vector<Channel> channels;
    for (uint32_t i = 0; i < plain.window.out_channels; ++i) {
        channels.push_back(channel_of(constants, plain.channels, i, plain.window.out_channels));
        const uint8_t* weights = constants.data() + plain.weights + size_t{i} * taps;
        channels.back().weights.assign(weights, weights + taps);
        simplify(channels.back(), plain.range);
    }
    return channels;
}

std::vector<Channel> channels_of(const DepthwiseConv2dOp& plain,
                                 std::span<const uint8_t> constants) {
    const Window2d& w = plain.window;
    std::vector<Channel> channels;
    for (uint32_t i = 0; i < w.out_channels; ++i) {
        channels.push_back(channel_of(constants, plain.channels, i, w.out_channels));
        for (uint32_t tap = 0; tap < uint32_t{w.kernel_height} * w.kernel_width; ++tap) {
            channels.back().weights.push_back(
                static_cast<int8_t>(constants[plain.weights + size_t{tap} * w.out_channels + i]));
        }
        simplify(channels.back(), plain.range);
    }
    return channels;
}

std::vector<Channel> channels_of(const FullyConnectedOp& plain,
                                 std::span<const uint8_t> constants) {
    std::vector<Channel> channels(plain.out);
    for (uint32_t i = 0; i < plain.out; ++i) {
        const uint8_t* weights = constants.data() + plain.weights + size_t{i} * plain.depth;
        channels[i].weights.assign(weights, weights + plain.depth);
        std::memcpy(&channels[i].bias, constants.data() + plain.bias + 4 * size_t{i}, 4);
        channels[i].multiplier = plain.multiplier;
        channels[i].shift = plain.shift;
    }
    return channels;
}

std::optional<Conv2dOp> as_convolution(const FullyConnectedOp& plain) {
    if (std::max({plain.rows, plain.depth, plain.out}) > UINT16_MAX) return std::nullopt;
    Conv2dOp conv{};
    const auto rows = static_cast<uint16_t>(plain.rows);
    conv.window = {1, rows, static_cast<uint16_t>(plain.depth),
                   1, rows, static_cast<uint16_t>(plain.out),
                   1, 1,    1,
                   1, 1,    1,
                   0, 0};
    conv.input = plain.input;
    conv.output = plain.output;
    conv.range = plain.range;
    return conv;
}

Conv2dOp as_convolution(const DepthwiseConv2dOp& plain) {
    Conv2dOp conv{};
    conv.window = plain.window;
    conv.input = plain.input;
    conv.output = plain.output;
    conv.range = plain.range;
    conv.input_zero_point = plain.input_zero_point;
    return conv;
}

}  // namespace ganglion::compile
