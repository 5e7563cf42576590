#include "compile/pack.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ganglion::compile {
namespace {

constexpr int64_t kSumLimit = 1 << 23;      // of odd channels
constexpr int64_t kLimitOfTwice = 1 << 30;  // of two times a sum
constexpr uint32_t kScratchBytes = 2048;    // of a depthwise band, where one row fits

/// One output channel, independent of the layouts. An absent channel is all zeros.
struct Channel {
    std::vector<int8_t> weights;
    int32_t bias = 0;
    int32_t multiplier = 0;
    int32_t shift = -1;
};

template <typename Value>
void append(std::vector<uint8_t>& bytes, Value value) {
    const size_t at = bytes.size();
    bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

OpHeader header(OpKind kind, size_t bytes) {
    return {kind, static_cast<uint16_t>(bytes)};
}

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

bool good_shift(const Channel& channel) {
    return channel.shift <= -1 && channel.shift >= -1 - static_cast<int32_t>(kMostPackedShift);
}

/// No sum is larger.
int64_t most_of(const Channel& channel) {
    int64_t most = std::abs(int64_t{channel.bias});
    for (int8_t weight : channel.weights) most += 128 * std::abs(int64_t{weight});
    return most;
}

bool fits_24_bits(const Channel& channel) {
    return most_of(channel) < kSumLimit;
}

/// A channel whose largest and smallest sums give the same output is a constant, and may have any
/// scale: it gets one that has a packed form.
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

bool can_pair(const Channel& even, const Channel& odd) {
    for (size_t i = 0; i < odd.weights.size(); ++i) {
        if (odd.weights[i] == -128 && even.weights[i] < 0) return false;
    }
    return fits_24_bits(even) && fits_24_bits(odd);
}

void append_biases(std::vector<uint8_t>& bytes, const Channel& even, const Channel& odd) {
    append(bytes, even.bias);
    append(bytes, 256U * static_cast<uint32_t>(odd.bias) + static_cast<uint32_t>(even.bias));
}

void append_weight(std::vector<uint8_t>& bytes, const Channel& even, const Channel& odd,
                   uint32_t tap) {
    const int32_t low = tap < even.weights.size() ? even.weights[tap] : 0;
    const int32_t high = tap < odd.weights.size() ? odd.weights[tap] : 0;
    append(bytes, static_cast<uint16_t>(256 * high + low));
}

uint8_t shift_less_1(const Channel& channel) {
    return static_cast<uint8_t>(-channel.shift - 1);
}

std::optional<Packed> pack_channels(const Conv2dOp& plain, std::vector<Channel> channels,
                                    uint32_t offset) {
    if (!std::all_of(channels.begin(), channels.end(), good_shift)) return std::nullopt;
    PackedConv2dOp op{};
    op.header = header(OpKind::packed_conv_2d, sizeof op);
    op.window = plain.window;
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.records = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    if (channels.size() % 2 != 0) channels.emplace_back();
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < channels.size(); i += 2) {
        const Channel& even = channels[i];
        const Channel& odd = channels[i + 1];
        if (!can_pair(even, odd)) return std::nullopt;
        append_biases(bytes, even, odd);
        for (uint32_t k = 0; k < packed_conv_2d_taps(op.window); ++k)
            append_weight(bytes, even, odd, packed_tap(k));
        append(bytes, even.multiplier);
        append(bytes, odd.multiplier);
        append(bytes, static_cast<uint32_t>(shift_less_1(even) | shift_less_1(odd) << 8));
    }
    return Packed{op, std::move(bytes)};
}

std::optional<Packed> pack_conv_2d(const Conv2dOp& plain, std::span<const uint8_t> constants,
                                   uint32_t offset) {
    const uint32_t taps = conv_2d_taps(plain.window);
    std::vector<Channel> channels;
    for (uint32_t i = 0; i < plain.window.out_channels; ++i) {
        channels.push_back(channel_of(constants, plain.channels, i, plain.window.out_channels));
        const uint8_t* weights = constants.data() + plain.weights + size_t{i} * taps;
        channels.back().weights.assign(weights, weights + taps);
        simplify(channels.back(), plain.range);
    }
    return pack_channels(plain, std::move(channels), offset);
}

std::vector<Channel> depthwise_channels(const DepthwiseConv2dOp& plain,
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

/// A column of pixels is a row as well; the kernels go along rows.
Window2d along_rows(Window2d w) {
    if (w.in_width == 1 && w.kernel_width == 1 && w.pad_left == 0 && w.out_width == 1) {
        std::swap(w.in_height, w.in_width);
        std::swap(w.out_height, w.out_width);
        std::swap(w.kernel_height, w.kernel_width);
        std::swap(w.stride_y, w.stride_x);
        std::swap(w.pad_top, w.pad_left);
    }
    return w;
}

uint16_t best_band(const Window2d& window) {
    uint16_t band = 1;
    while (band < window.out_height &&
           packed_depthwise_scratch_bytes(window, band + 1U) <= kScratchBytes) {
        ++band;
    }
    return band;
}

void append_row(std::vector<uint8_t>& bytes, const Window2d& window,
                std::span<const int8_t> weights) {
    if (packed_depthwise_is_3x3(window)) {
        for (int8_t weight : {weights[0], weights[1], weights[1], weights[2]})
            append(bytes, weight);
        return;
    }
    for (uint32_t k = 0; k < packed_depthwise_row_taps(window); ++k) {
        const uint32_t tap = packed_tap(k);
        append(bytes, tap < weights.size() ? weights[tap] : int8_t{0});
    }
}

std::optional<Packed> pack_depthwise(const DepthwiseConv2dOp& plain,
                                     std::span<const uint8_t> constants, uint32_t offset) {
    const Window2d& w = plain.window;
    std::vector<Channel> channels = depthwise_channels(plain, constants);
    if (w.in_channels == 1) {  // every output channel sees the whole input: a convolution
        Conv2dOp conv{};
        conv.window = w;
        conv.input = plain.input;
        conv.output = plain.output;
        conv.range = plain.range;
        conv.input_zero_point = plain.input_zero_point;
        return pack_channels(conv, std::move(channels), offset);
    }
    PackedDepthwiseConv2dOp op{};
    op.header = header(OpKind::packed_depthwise_conv_2d, sizeof op);
    op.window = along_rows(w);
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.records = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    op.band = best_band(op.window);
    if (w.in_channels != w.out_channels || w.dilation_x != 1 || w.dilation_y != 1 ||
        op.window.pad_top >= op.window.kernel_height ||
        op.window.pad_left >= op.window.kernel_width) {
        return std::nullopt;
    }
    std::vector<uint8_t> bytes;
    for (const Channel& channel : channels) {
        if (!good_shift(channel) || most_of(channel) >= kLimitOfTwice / 2) return std::nullopt;
        append(bytes, 2 * channel.bias);
        append(bytes, channel.multiplier);
        append(bytes, uint32_t{shift_less_1(channel)});
        for (uint32_t row = 0; row < op.window.kernel_height; ++row) {
            append_row(bytes, op.window,
                       std::span(channel.weights)
                           .subspan(size_t{row} * op.window.kernel_width, op.window.kernel_width));
        }
    }
    return Packed{op, std::move(bytes)};
}

std::optional<Packed> pack_fully_connected(const FullyConnectedOp& plain,
                                           std::span<const uint8_t> constants, uint32_t offset) {
    PackedFullyConnectedOp op{};
    op.header = header(OpKind::packed_fully_connected, sizeof op);
    op.rows = plain.rows;
    op.depth = plain.depth;
    op.out = plain.out;
    op.input = plain.input;
    op.output = plain.output;
    op.records = offset;
    op.multiplier = plain.multiplier;
    op.shift = plain.shift;
    op.range = plain.range;
    std::vector<Channel> outs(packed_fully_connected_record_count(plain.out) * size_t{4});
    for (uint32_t i = 0; i < plain.out; ++i) {
        const uint8_t* weights = constants.data() + plain.weights + size_t{i} * plain.depth;
        outs[i].weights.assign(weights, weights + plain.depth);
        std::memcpy(&outs[i].bias, constants.data() + plain.bias + 4 * size_t{i}, 4);
    }
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i < outs.size(); i += 4) {
        const Channel* four = &outs[i];
        for (int k : {0, 2}) {
            if (!can_pair(four[k], four[k + 1])) return std::nullopt;
            append_biases(bytes, four[k], four[k + 1]);
        }
        for (uint32_t group = 0; group < round_up_to_4(plain.depth); group += 4) {
            for (int k : {0, 2}) {
                for (uint32_t position = 0; position < 4; ++position)
                    append_weight(bytes, four[k], four[k + 1], packed_tap(group + position));
            }
        }
    }
    return Packed{op, std::move(bytes)};
}

}  // namespace

std::optional<Packed> pack(const Operation& operation, std::span<const uint8_t> constants,
                           uint32_t offset) {
    if (const auto* op = std::get_if<Conv2dOp>(&operation))
        return pack_conv_2d(*op, constants, offset);
    if (const auto* op = std::get_if<DepthwiseConv2dOp>(&operation))
        return pack_depthwise(*op, constants, offset);
    if (const auto* op = std::get_if<FullyConnectedOp>(&operation))
        return pack_fully_connected(*op, constants, offset);
    return std::nullopt;
}

}  // namespace ganglion::compile
