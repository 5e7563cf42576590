#include "compile/int4.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "compile/channel.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;
using model::TensorType;

std::vector<uint8_t> unpacked(const Tensor& tensor) {
    std::vector<uint8_t> values(static_cast<size_t>(tensor.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
        const uint32_t nibble = tensor.data[i / 2] >> (4 * (i % 2)) & 0xF;
        values[i] = static_cast<uint8_t>(nibble < 8 ? nibble : nibble | 0xF0);
    }
    return values;
}

bool fits(const Channel& channel) {
    return std::all_of(channel.weights.begin(), channel.weights.end(),
                       [](int8_t weight) { return weight >= -8 && weight <= 7; });
}

/// Bits 4k to 4k + 3 hold tap 2k, 16 bits above tap 2k + 1, as weight + 8.
void append_words(std::vector<uint8_t>& bytes, const Channel& channel, uint32_t words) {
    constexpr uint32_t kZero = 8;
    for (uint32_t n = 0; n < words; ++n) {
        uint32_t word = 0;
        for (uint32_t i = 0; i < 8; ++i) {
            const size_t tap = size_t{8} * n + i;
            const uint32_t nibble = tap < channel.weights.size()
                                        ? static_cast<uint32_t>(channel.weights[tap]) + kZero
                                        : kZero;
            word |= nibble << (4 * (i / 2) + 16 * (i % 2));
        }
        append(bytes, word);
    }
}

std::optional<Packed> pack_channels(const Conv2dOp& plain, const std::vector<Channel>& channels,
                                    uint32_t offset) {
    Int4Conv2dOp op{};
    op.header = {OpKind::int4_conv_2d, sizeof op};
    op.window = plain.window;
    op.input = plain.input;
    op.output = plain.output;
    op.scratch = UINT32_MAX;
    op.weights = offset;
    op.range = plain.range;
    op.input_zero_point = plain.input_zero_point;
    const uint32_t words = int4_conv_2d_words(op.window);
    if (!std::all_of(channels.begin(), channels.end(), fits)) return std::nullopt;
    if (uint64_t{4} * words * 4 > uint64_t{3} * conv_2d_taps(op.window)) return std::nullopt;
    std::vector<uint8_t> bytes;
    for (const Channel& channel : channels) append_words(bytes, channel, words);
    op.channels = {offset + static_cast<uint32_t>(bytes.size())};
    for (const Channel& channel : channels) append(bytes, channel.bias);
    for (const Channel& channel : channels) append(bytes, channel.multiplier);
    for (const Channel& channel : channels) bytes.push_back(static_cast<uint8_t>(channel.shift));
    return Packed{op, std::move(bytes)};
}

}  // namespace

model::Graph with_int8_weights(const model::Graph& graph) {
    model::Graph result = graph;
    for (Tensor& tensor : result.tensors) {
        if (tensor.type != TensorType::int4) continue;
        if (!tensor.is_constant()) {
            throw std::runtime_error("'" + tensor.name +
                                     "' is a computed int4 tensor; only constant weights may be "
                                     "int4: quantize activations to int8");
        }
        tensor.data = unpacked(tensor);
        tensor.type = TensorType::int8;
    }
    return result;
}

std::optional<Packed> pack_int4(const Operation& operation, std::span<const uint8_t> constants,
                                uint32_t offset) {
    if (const auto* op = std::get_if<Conv2dOp>(&operation))
        return pack_channels(*op, channels_of(*op, constants), offset);
    if (const auto* op = std::get_if<FullyConnectedOp>(&operation)) {
        if (const auto conv = as_convolution(*op))
            return pack_channels(*conv, channels_of(*op, constants), offset);
    }
    return std::nullopt;
}

}  // namespace ganglion::compile
