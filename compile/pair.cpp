#include "compile/pair.hpp"

#include <algorithm>
#include <cstdlib>

#include "compile/channel.hpp"

namespace ganglion::compile {
namespace {

constexpr int64_t kSumLimit = 1 << 22;     // without bias
constexpr int64_t kBiasedLimit = 1 << 29;  // with bias
constexpr int32_t kMostOfFour = 255;       // 255 * 128 fits 16 bits

bool has_form(const Channel& channel) {
    const int64_t most = most_of(channel);
    return channel.shift <= -1 && channel.shift >= -1 - static_cast<int32_t>(kMostPackedShift) &&
           most < kBiasedLimit && most - std::abs(int64_t{channel.bias}) < kSumLimit &&
           std::find(channel.weights.begin(), channel.weights.end(), int8_t{-128}) ==
               channel.weights.end();
}

bool fours_fit(const Channel& channel) {
    for (size_t begin = 0; begin < channel.weights.size(); begin += 4) {
        int32_t most = 0;
        for (size_t i = begin; i < std::min(begin + 4, channel.weights.size()); ++i)
            most += std::abs(channel.weights[i]);
        if (most > kMostOfFour) return false;
    }
    return true;
}

/// `plain`: all but the scratch, which is the planner's, and the records.
std::optional<Packed> pair_channels(const Conv2dOp& plain, const std::vector<Channel>& channels,
                                    uint32_t offset) {
    if (!std::all_of(channels.begin(), channels.end(), has_form)) return std::nullopt;
    PairedConv2dOp op{};
    op.header = {OpKind::paired_conv_2d, sizeof op};
    op.window = plain.window;
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.records = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    std::vector<uint8_t> bytes;
    for (const Channel& channel : channels) {
        append(bytes, PairedChannel{channel.bias,
                                    channel.multiplier,
                                    static_cast<uint8_t>(-channel.shift - 1),
                                    static_cast<uint8_t>(fours_fit(channel)),
                                    {}});
        for (int8_t weight : channel.weights) append(bytes, weight);
        bytes.resize(round_up_to_4(static_cast<uint32_t>(bytes.size())));
    }
    return Packed{op, std::move(bytes)};
}

/// A matrix product is a convolution whose pixels are the rows.
std::optional<Packed> pair_rows(const FullyConnectedOp& plain, std::span<const uint8_t> constants,
                                uint32_t offset) {
    const auto conv = as_convolution(plain);
    if (!conv) return std::nullopt;
    std::vector<Channel> channels = channels_of(plain, constants);
    for (Channel& channel : channels) {
        channel.multiplier = plain.multiplier;
        channel.shift = plain.shift;
    }
    return pair_channels(*conv, channels, offset);
}

/// Every output channel sees the one input channel.
std::optional<Packed> pair_spread(const DepthwiseConv2dOp& plain,
                                  std::span<const uint8_t> constants, uint32_t offset) {
    return pair_channels(as_convolution(plain), channels_of(plain, constants), offset);
}

}  // namespace

std::optional<Packed> pair(const Operation& operation, std::span<const uint8_t> constants,
                           uint32_t offset) {
    if (const auto* op = std::get_if<Conv2dOp>(&operation))
        return pair_channels(*op, channels_of(*op, constants), offset);
    if (const auto* op = std::get_if<FullyConnectedOp>(&operation))
        return pair_rows(*op, constants, offset);
    if (const auto* op = std::get_if<DepthwiseConv2dOp>(&operation)) {
        return op->window.in_channels == 1 ? pair_spread(*op, constants, offset)
                                           : pack(operation, constants, offset);
    }
    return std::nullopt;
}

}  // namespace ganglion::compile
