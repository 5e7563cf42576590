#include "compile/pair_outputs.hpp"

#include <algorithm>
#include <array>

#include "compile/channel.hpp"

namespace ganglion::compile {
namespace {

constexpr int64_t kSumLimit = 1 << 29;  // bias included

bool has_form(const Channel& channel) {
    return channel.shift <= -1 && channel.shift >= -1 - static_cast<int32_t>(kMostPackedShift) &&
           most_of(channel) < kSumLimit;
}

/// True where the one window of a convolution is the beginning of its input, tap by tap.
bool is_one_run(const Window2d& w) {
    return w.out_height == 1 && w.out_width == 1 && w.pad_top == 0 && w.pad_left == 0 &&
           w.kernel_height <= w.in_height && w.kernel_width <= w.in_width &&
           (w.kernel_height == 1 || (w.dilation_y == 1 && w.kernel_width == w.in_width)) &&
           (w.kernel_width == 1 || w.dilation_x == 1);
}

/// A record's weights: one word for each two taps and two outputs.
void append_weights(std::vector<uint8_t>& bytes, const std::array<const Channel*, 4>& four,
                    uint32_t depth) {
    for (uint32_t tap = 0; tap < depth; tap += 2) {
        for (uint32_t pair = 0; pair < 4; pair += 2) {
            std::array<uint8_t, 4> word{};
            for (uint32_t i = 0; i < 4; ++i) {
                const bool second_tap = i % 2 != 0;
                const bool second_output = i / 2 != 0;
                const Channel* channel = four[pair + i / 2];
                const int32_t weight =
                    channel == nullptr ? 0 : channel->weights[tap + (second_tap ? 1 : 0)];
                word[paired_weight_byte(second_tap, second_output)] =
                    static_cast<uint8_t>(weight + (second_output ? 0 : 128));
            }
            for (uint8_t byte : word) append(bytes, byte);
        }
    }
}

std::optional<Packed> packed(const std::vector<Channel>& channels, uint32_t depth,
                             PairedFullyConnectedOp op) {
    if (depth % 4 != 0 || !std::all_of(channels.begin(), channels.end(), has_form))
        return std::nullopt;
    op.header = {OpKind::paired_fully_connected, sizeof op};
    op.depth = depth;
    op.out = static_cast<uint32_t>(channels.size());
    std::vector<uint8_t> bytes;
    for (size_t first = 0; first < channels.size(); first += 4) {
        std::array<const Channel*, 4> four{};
        for (size_t i = 0; i < 4 && first + i < channels.size(); ++i)
            four[i] = &channels[first + i];
        for (const Channel* channel : four) {
            append(bytes, channel == nullptr
                              ? PairedRow{}
                              : PairedRow{channel->bias, channel->multiplier,
                                          static_cast<uint32_t>(-channel->shift - 1)});
        }
        append_weights(bytes, four, depth);
    }
    return Packed{op, std::move(bytes)};
}

}  // namespace

std::optional<Packed> pair_outputs(const Operation& operation, std::span<const uint8_t> constants,
                                   uint32_t offset) {
    if (const auto* dense = std::get_if<FullyConnectedOp>(&operation)) {
        if (dense->rows != 1) return std::nullopt;
        std::vector<Channel> channels = channels_of(*dense, constants);
        for (Channel& channel : channels) {
            channel.multiplier = dense->multiplier;
            channel.shift = dense->shift;
        }
        return packed(channels, dense->depth,
                      {{}, 0, 0, dense->input, dense->output, offset, dense->range});
    }
    if (const auto* conv = std::get_if<Conv2dOp>(&operation)) {
        if (!is_one_run(conv->window)) return std::nullopt;
        return packed(channels_of(*conv, constants), conv_2d_taps(conv->window),
                      {{}, 0, 0, conv->input, conv->output, offset, conv->range});
    }
    return std::nullopt;
}

}  // namespace ganglion::compile
