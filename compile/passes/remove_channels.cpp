#include "compile/passes/remove_channels.hpp"

#include <algorithm>
#include <cstring>

#include "compile/passes/channels.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::Operator;
using model::Tensor;

constexpr size_t kTogether = 4;  // channels that kernels take at once

using Kept = std::vector<bool>;

std::vector<uint32_t> numbers_of(const Kept& kept) {
    std::vector<uint32_t> numbers;
    for (uint32_t i = 0; i < kept.size(); ++i) {
        if (kept[i]) numbers.push_back(i);
    }
    return numbers;
}

class Removal {
  public:
    explicit Removal(const Graph& graph) : graph_(graph), result_(graph) {}

    Graph run() {
        find_values();
        find_kept();
        for (Operator& op : result_.operators) rewrite(op);
        for (size_t i = 0; i < graph_.tensors.size(); ++i) {
            if (!kept_[i].empty()) {
                result_.tensors[i].shape.back() = static_cast<int32_t>(numbers_of(kept_[i]).size());
            }
        }
        return std::move(result_);
    }

  private:
    void find_values() {
        values_.resize(graph_.tensors.size());
        for (size_t i = 0; i < graph_.tensors.size(); ++i)
            values_[i].resize(channels_of(graph_.tensors[i]));
        for (const Operator& op : graph_.operators) {
            if (op.outputs.size() == 1 && !op.inputs.empty() && op.inputs[0] >= 0)
                values_[op.outputs[0]] = constant_channels(graph_, op, values_);
        }
    }

    /// Which channels of each computed tensor some reader needs; empty: all, and none may go. The
    /// fewest that satisfy every operator: none to begin with, more until nobody asks for more.
    void find_kept() {
        kept_.resize(graph_.tensors.size());
        for (const Operator& op : graph_.operators) {
            if (channel_role(graph_, op) != ChannelRole::opaque)
                kept_[op.outputs[0]] = Kept(channels_of(graph_.tensors[op.outputs[0]]));
        }
        for (int32_t output : graph_.outputs) kept_[output].clear();
        do {
            do {
                grew_ = false;
                for (size_t i = graph_.operators.size(); i-- > 0;) ask(graph_.operators[i]);
                for (const Operator& op : graph_.operators) follow(op);
            } while (grew_);
            for (const Operator& op : graph_.operators) {
                if (channel_role(graph_, op) == ChannelRole::mixes) round(kept_[op.outputs[0]]);
            }
        } while (grew_);
    }

    /// None of the tensor's channels may go.
    void keep_all(Kept& kept) {
        grew_ |= !kept.empty();
        kept.clear();
    }
    void keep(Kept& kept, size_t channel) {
        if (kept.empty() || kept[channel]) return;
        kept[channel] = true;
        grew_ = true;
    }
    /// `to` keeps what `count` channels of `from` keep, from a channel of each on.
    void keep_same(Kept& to, size_t to_begin, const Kept& from, size_t from_begin, size_t count) {
        if (from.empty()) return keep_all(to);
        for (size_t c = 0; c < count; ++c) {
            if (from[from_begin + c]) keep(to, to_begin + c);
        }
    }

    /// Marks what an operator needs of its inputs.
    void ask(const Operator& op) {
        const ChannelRole role = channel_role(graph_, op);
        size_t begin = 0;  // of the input's channels in the output of a stack
        for (size_t n = 0; n < op.inputs.size(); ++n) {
            if (op.inputs[n] < 0) continue;
            Kept& wanted = kept_[op.inputs[n]];
            const uint32_t channels = channels_of(graph_.tensors[op.inputs[n]]);
            const bool counts = n == 0 || role == ChannelRole::pairs || role == ChannelRole::stacks;
            if (role == ChannelRole::opaque || !counts) {
                keep_all(wanted);
            } else if (role == ChannelRole::mixes) {
                ask_mixing(op, kept_[op.outputs[0]], wanted);
            } else {
                keep_same(wanted, 0, kept_[op.outputs[0]], begin, channels);
            }
            if (role == ChannelRole::stacks) begin += channels;
        }
    }

    /// An operator that does not mix gives what it gets: where an input has other readers too, it
    /// may have kept more than this operator asked for.
    void follow(const Operator& op) {
        const ChannelRole role = channel_role(graph_, op);
        if (role == ChannelRole::opaque || role == ChannelRole::mixes) return;
        const size_t inputs = role == ChannelRole::separate ? 1 : op.inputs.size();
        size_t begin = 0;
        for (size_t n = 0; n < inputs; ++n) {
            const uint32_t channels = channels_of(graph_.tensors[op.inputs[n]]);
            keep_same(kept_[op.outputs[0]], begin, kept_[op.inputs[n]], 0, channels);
            if (role == ChannelRole::stacks) begin += channels;
        }
    }

    /// As many channels as kernels like.
    void round(Kept& kept) {
        if (kept.empty()) return;
        const size_t count = numbers_of(kept).size();
        size_t missing = std::max((count + kTogether - 1) / kTogether * kTogether, kTogether);
        missing = std::min(missing, kept.size()) - count;
        for (size_t c = 0; c < kept.size() && missing > 0; ++c) {
            if (kept[c]) continue;
            keep(kept, c);
            --missing;
        }
    }

    void ask_mixing(const Operator& op, const Kept& outputs, Kept& wanted) {
        if (wanted.empty()) return;
        const MixingWeights weights = mixing_weights(graph_, op);
        for (uint32_t i = 0; i < weights.in; ++i) {
            if (wanted[i] || can_fold(op, i)) continue;
            for (uint32_t o = 0; o < weights.out; ++o) {
                if (!outputs.empty() && !outputs[o]) continue;
                for (uint32_t tap = 0; tap < weights.taps && !wanted[i]; ++tap) {
                    if (weights.at(o, tap, i) != 0) keep(wanted, i);
                }
            }
        }
    }

    int32_t zero_of(const Operator& op) const {
        return static_cast<int32_t>(graph_.tensors[op.inputs[0]].quantization.zero_points[0]);
    }

    /// A constant input that adds the same to the sums at every position.
    bool can_fold(const Operator& op, uint32_t channel) const {
        const auto& value = values_[op.inputs[0]][channel];
        return value && (*value == zero_of(op) || !reads_padding(graph_, op));
    }

    int32_t add_tensor(Tensor tensor) {
        result_.tensors.push_back(std::move(tensor));
        return static_cast<int32_t>(result_.tensors.size() - 1);
    }

    /// All numbers below `count` where nothing goes.
    static std::vector<uint32_t> numbers_or_all(const Kept& kept, uint32_t count) {
        return numbers_of(kept.empty() ? Kept(count, true) : kept);
    }

    void rewrite(Operator& op) {
        const ChannelRole role = channel_role(graph_, op);
        const bool has_weights =
            role == ChannelRole::mixes || op.code == model::OperatorCode::depthwise_conv_2d;
        if (role == ChannelRole::opaque || !has_weights) return;
        const Kept& inputs = kept_[op.inputs[0]];
        const Kept& outputs = kept_[op.outputs[0]];
        if (inputs.empty() && outputs.empty()) return;
        const uint32_t out = channels_of(graph_.tensors[op.outputs[0]]);
        const uint32_t in = channels_of(graph_.tensors[op.inputs[0]]);
        const std::vector<uint32_t> out_numbers = numbers_or_all(outputs, out);
        const std::vector<uint32_t> in_numbers = numbers_or_all(inputs, in);
        Tensor weights = graph_.tensors[op.inputs[1]];
        Tensor bias = graph_.tensors[op.inputs[2]];
        bias.data.clear();
        for (uint32_t o : out_numbers) {
            const int32_t value = folded_bias(op, role, inputs, o);
            const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
            bias.data.insert(bias.data.end(), bytes, bytes + sizeof value);
        }
        bias.shape = {static_cast<int32_t>(out_numbers.size())};
        weights.data.clear();
        const Tensor& before = graph_.tensors[op.inputs[1]];
        if (role == ChannelRole::mixes) {
            const MixingWeights old = mixing_weights(graph_, op);
            for (uint32_t o : out_numbers) {
                for (uint32_t tap = 0; tap < old.taps; ++tap) {
                    for (uint32_t i : in_numbers)
                        weights.data.push_back(static_cast<uint8_t>(old.at(o, tap, i)));
                }
            }
            weights.shape.front() = static_cast<int32_t>(out_numbers.size());
            weights.shape.back() = static_cast<int32_t>(in_numbers.size());
        } else {
            for (size_t row = 0; row < before.data.size(); row += out) {
                for (uint32_t o : out_numbers) weights.data.push_back(before.data[row + o]);
            }
            weights.shape.back() = static_cast<int32_t>(out_numbers.size());
        }
        select(weights.quantization, out, out_numbers);
        select(bias.quantization, out, out_numbers);
        op.inputs[1] = add_tensor(std::move(weights));
        op.inputs[2] = add_tensor(std::move(bias));
    }

    /// Bias of an output with what its removed inputs always add, modulo 2^32 as the sums are.
    int32_t folded_bias(const Operator& op, ChannelRole role, const Kept& inputs,
                        uint32_t channel) const {
        int32_t bias = 0;
        std::memcpy(&bias, graph_.tensors[op.inputs[2]].data.data() + size_t{4} * channel,
                    sizeof bias);
        if (role != ChannelRole::mixes || inputs.empty()) return bias;
        const MixingWeights weights = mixing_weights(graph_, op);
        int64_t sum = bias;
        for (uint32_t i = 0; i < weights.in; ++i) {
            const auto& value = values_[op.inputs[0]][i];
            if (inputs[i] || !value || *value == zero_of(op)) continue;
            for (uint32_t tap = 0; tap < weights.taps; ++tap)
                sum += int64_t{weights.at(channel, tap, i)} * (*value - zero_of(op));
        }
        return static_cast<int32_t>(static_cast<uint32_t>(sum));
    }

    static void select(model::Quantization& quantization, uint32_t count,
                       const std::vector<uint32_t>& numbers) {
        const auto pick = [&](auto& values) {
            if (values.size() != count || count == 1) return;
            auto picked = values;
            picked.clear();
            for (uint32_t number : numbers) picked.push_back(values[number]);
            values = picked;
        };
        pick(quantization.scales);
        pick(quantization.zero_points);
    }

    const Graph& graph_;
    Graph result_;
    std::vector<ChannelValues> values_;
    std::vector<Kept> kept_;
    bool grew_ = false;
};

}  // namespace

Graph remove_channels(const Graph& graph) {
    return Removal(graph).run();
}

}  // namespace ganglion::compile
