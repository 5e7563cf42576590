#include "compile/pack.hpp"

#include <algorithm>
#include <utility>

#include "compile/channel.hpp"

namespace ganglion::compile {
namespace {

constexpr int64_t kSumLimit = 1 << 23;      // of odd channels
constexpr int64_t kLimitOfTwice = 1 << 30;  // of two times a sum
constexpr uint32_t kScratchBytes = 2048;    // of a depthwise band, where one row fits

OpHeader header(OpKind kind, size_t bytes) {
    return {kind, static_cast<uint16_t>(bytes)};
}

bool good_shift(const Channel& channel) {
    return channel.shift <= -1 && channel.shift >= -1 - static_cast<int32_t>(kMostPackedShift);
}

bool fits_24_bits(const Channel& channel) {
    return most_of(channel) < kSumLimit;
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
    return pack_channels(plain, channels_of(plain, constants), offset);
}

/// A column of pixels is a row as well; the kernels go along rows.
Window2d along_rows(Window2d w) {
    if (w.in_width == 1 && w.kernel_width == 1 && w.pad_left == 0 && w.out_width == 1) {
        std::swap(w.in_height, w.in_width);
        std::swap(w.out_height, w.out_width);
        std::swap(w.kernel_height, w.kernel_width);
        std::swap(w.stride_y, w.stride_x);
        std::swap(w.dilation_y, w.dilation_x);
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

/// A depthwise convolution along one row stays plain: it is computed where it lies. Its numbers are
/// told to be small, which saves their kernels most of the rounding.
std::optional<Packed> pack_one_row(const DepthwiseConv2dOp& plain,
                                   const std::vector<Channel>& channels, uint32_t offset) {
    DepthwiseConv2dOp op = plain;
    op.header = header(OpKind::depthwise_conv_2d, sizeof op);
    op.window = along_rows(plain.window);
    op.channels = {offset};
    op.weights = offset + round_up_to_4(channel_table_bytes(op.window.out_channels));
    op.small_sums = 1;
    std::vector<uint8_t> bytes;
    for (const Channel& channel : channels) {
        if (!good_shift(channel) || most_of(channel) >= kLimitOfTwice / 2) return std::nullopt;
        append(bytes, channel.bias);
    }
    for (const Channel& channel : channels) append(bytes, channel.multiplier);
    for (const Channel& channel : channels) append(bytes, static_cast<int8_t>(channel.shift));
    bytes.resize(op.weights - offset);
    for (uint32_t tap = 0; tap < op.window.kernel_width; ++tap) {
        for (const Channel& channel : channels) append(bytes, channel.weights[tap]);
    }
    return Packed{op, std::move(bytes)};
}

std::optional<Packed> pack_depthwise(const DepthwiseConv2dOp& plain,
                                     std::span<const uint8_t> constants, uint32_t offset) {
    const Window2d& w = plain.window;
    std::vector<Channel> channels = channels_of(plain, constants);
    if (w.in_channels == 1)  // every output channel sees the whole input: a convolution
        return pack_channels(as_convolution(plain), std::move(channels), offset);
    const Window2d along = along_rows(w);
    if (along.in_height == 1 && along.out_height == 1 && along.kernel_height == 1)
        return pack_one_row(plain, channels, offset);
    PackedDepthwiseConv2dOp op{};
    op.header = header(OpKind::packed_depthwise_conv_2d, sizeof op);
    op.window = along;
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
    std::vector<Channel> outs = channels_of(plain, constants);
    outs.resize(packed_fully_connected_record_count(plain.out) * size_t{4});
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
