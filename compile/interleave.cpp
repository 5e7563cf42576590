#include "compile/interleave.hpp"

#include <algorithm>
#include <numeric>

#include "compile/channel.hpp"

namespace ganglion::compile {
namespace {

/// Of a band's part of the image: it stays in the first cache beside the weights in use.
constexpr uint64_t kScratchBytes = 8192;

constexpr Channel kAbsent{{}, 0, 1 << 30, -1};

/// One lane's numbers, as InterleavedScales has them.
struct Scale {
    uint32_t bias, multiplier, addend, shift;
};

bool fits(const Channel& channel, const OutputRange& range) {
    const int32_t shift = -channel.shift;
    if (shift < 1 || shift > static_cast<int32_t>(kMostInterleavedShift)) return false;
    const int64_t rounding =
        (int64_t{1} << (shift - 1)) + std::abs(range.zero_point) * (int64_t{1} << shift);
    return most_of(channel) + rounding + 1 < (int64_t{1} << 31);
}

Scale scale_of(const Channel& channel, const OutputRange& range) {
    const auto shift = static_cast<uint32_t>(-channel.shift);
    const int32_t weights = std::accumulate(channel.weights.begin(), channel.weights.end(), 0);
    const int64_t addend =
        (int64_t{1} << (shift - 1)) + range.zero_point * (int64_t{1} << shift) - channel.multiplier;
    return {static_cast<uint32_t>(channel.bias) - 128U * static_cast<uint32_t>(weights) +
                (uint32_t{1} << 31),
            2U * static_cast<uint32_t>(channel.multiplier), static_cast<uint32_t>(addend), shift};
}

/// InterleavedScales of these lanes.
void append_scales(std::vector<uint8_t>& bytes, const std::vector<const Channel*>& lanes,
                   const OutputRange& range) {
    std::vector<Scale> scales;
    scales.reserve(lanes.size());
    for (const Channel* channel : lanes) scales.push_back(scale_of(*channel, range));
    for (auto field : {&Scale::bias, &Scale::multiplier, &Scale::addend, &Scale::shift}) {
        for (const Scale& scale : scales) append(bytes, scale.*field);
    }
}

/// Taps `first` to first + 3 of each lane; those from `end` on are zeros.
void append_weights(std::vector<uint8_t>& bytes, const std::vector<const Channel*>& lanes,
                    size_t first, size_t end) {
    for (const Channel* channel : lanes) {
        for (size_t tap = first; tap < first + kInterleavedTaps; ++tap) {
            const bool exists = tap < end && tap < channel->weights.size();
            append(bytes, exists ? channel->weights[tap] : int8_t{0});
        }
    }
}

/// The lanes of one record; nowhere more than there are channels.
std::vector<const Channel*> lanes_from(const std::vector<Channel>& channels, size_t first,
                                       size_t count) {
    std::vector<const Channel*> lanes;
    for (size_t i = first; i < first + count; ++i)
        lanes.push_back(i < channels.size() ? &channels[i] : &kAbsent);
    return lanes;
}

/// Rounding away from zero is only seen below the zero point.
uint32_t ties_away(const OutputRange& range) {
    return range.minimum >= range.zero_point ? 0 : 1;
}

bool all_fit(const std::vector<Channel>& channels, const OutputRange& range) {
    return std::all_of(channels.begin(), channels.end(),
                       [&](const Channel& channel) { return fits(channel, range); });
}

/// As many rows as the first cache holds.
template <typename ScratchBytes>
uint16_t best_band(const Window2d& window, ScratchBytes scratch_bytes) {
    uint16_t band = 1;
    while (band < window.out_height && scratch_bytes(window, band + 1U) <= kScratchBytes) ++band;
    return band;
}

std::optional<Packed> interleave_channels(const Conv2dOp& plain,
                                          const std::vector<Channel>& channels, uint32_t offset) {
    InterleavedConv2dOp op{};
    op.header = {OpKind::interleaved_conv_2d, sizeof op};
    op.window = plain.window;
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.records = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    op.band = best_band(op.window, interleaved_conv_2d_scratch_bytes);
    op.ties_away = ties_away(op.range);
    if (op.window.dilation_x != 1 || !all_fit(channels, op.range)) return std::nullopt;
    const size_t row_taps = size_t{op.window.kernel_width} * op.window.in_channels;
    std::vector<uint8_t> bytes;
    for (size_t first = 0; first < channels.size(); first += kInterleavedChannels) {
        const auto lanes = lanes_from(channels, first, kInterleavedChannels);
        append_scales(bytes, lanes, op.range);
        for (size_t row = 0; row < op.window.kernel_height; ++row) {
            const size_t end = (row + 1) * row_taps;
            for (size_t tap = row * row_taps; tap < end; tap += kInterleavedTaps)
                append_weights(bytes, lanes, tap, end);
        }
    }
    return Packed{op, std::move(bytes)};
}

std::optional<Packed> interleave_depthwise(const DepthwiseConv2dOp& plain,
                                           std::span<const uint8_t> constants, uint32_t offset) {
    std::vector<Channel> channels = channels_of(plain, constants);
    if (plain.window.in_channels == 1)  // every output channel sees the whole input
        return interleave_channels(as_convolution(plain), channels, offset);
    InterleavedDepthwiseConv2dOp op{};
    op.header = {OpKind::interleaved_depthwise_conv_2d, sizeof op};
    op.window = plain.window;
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.records = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    op.band = best_band(op.window, interleaved_depthwise_scratch_bytes);
    op.ties_away = ties_away(op.range);
    if (plain.window.in_channels != plain.window.out_channels || !all_fit(channels, op.range))
        return std::nullopt;
    const size_t taps = size_t{op.window.kernel_height} * op.window.kernel_width;
    const bool joined = interleaved_depthwise_joins_pixels(op.window);
    std::vector<uint8_t> bytes;
    for (uint32_t record = 0; record < interleaved_depthwise_record_count(op.window); ++record) {
        std::vector<const Channel*> lanes;
        for (uint32_t position = 0; position < kInterleavedLanes; ++position) {
            const size_t lane = interleaved_lane(position);
            const size_t channel =
                joined ? lane % channels.size() : record * kInterleavedLanes + lane;
            lanes.push_back(channel < channels.size() ? &channels[channel] : &kAbsent);
        }
        append_scales(bytes, lanes, op.range);
        for (size_t tap = 0; tap < taps; tap += kInterleavedTaps)
            append_weights(bytes, lanes, tap, taps);
    }
    return Packed{op, std::move(bytes)};
}

}  // namespace

std::optional<Packed> interleave(const Operation& operation, std::span<const uint8_t> constants,
                                 uint32_t offset) {
    if (const auto* op = std::get_if<Conv2dOp>(&operation))
        return interleave_channels(*op, channels_of(*op, constants), offset);
    if (const auto* op = std::get_if<DepthwiseConv2dOp>(&operation))
        return interleave_depthwise(*op, constants, offset);
    if (const auto* op = std::get_if<FullyConnectedOp>(&operation)) {
        if (const auto conv = as_convolution(*op))
            return interleave_channels(*conv, channels_of(*op, constants), offset);
    }
    return std::nullopt;
}

}  // namespace ganglion::compile
