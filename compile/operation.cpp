#include "compile/operation.hpp"

#include <cstring>

namespace ganglion::compile {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

uint64_t output_positions(const Window2d& window) {
    return uint64_t{window.out_height} * window.out_width;
}

}  // namespace

std::vector<ArenaUse> arena_uses(Operation& operation) {
    auto uses = std::visit(
        [](auto& op) {
            std::vector<ArenaUse> list;
            if constexpr (requires { op.input; }) list.push_back({&op.input, false});
            if constexpr (requires { op.first.repeats; }) {
                for (BroadcastOp::Side* side : {&op.first, &op.second}) {
                    if (side->is_constant == 0)
                        list.push_back({&side->offset, false, side->repeats != 0});
                }
            } else if constexpr (requires { op.first.offset; }) {
                list.push_back({&op.first.offset, false});
                list.push_back({&op.second.offset, false});
            }
            if constexpr (requires { op.state; }) list.push_back({&op.state, true});
            if constexpr (requires { op.cell; }) {
                list.push_back({&op.hidden, true});
                list.push_back({&op.cell, true});
            }
            if constexpr (requires { op.output; }) list.push_back({&op.output, true});
            return list;
        },
        operation);
    const Scratch scratch = scratch_of(operation);
    if (scratch.bytes != 0) uses.insert(uses.end() - 1, {scratch.offset, true});
    return uses;
}

Scratch scratch_of(Operation& operation) {
    return std::visit(
        [](auto& op) {
            if constexpr (requires { op.scratch; })
                return Scratch{&op.scratch, static_cast<uint32_t>(op.scratch_bytes())};
            else
                return Scratch{nullptr, 0};
        },
        operation);
}

std::optional<uint32_t> in_place_lead(const Operation& operation) {
    if (const auto* op = std::get_if<PackedConv2dOp>(&operation))
        return round_up_to_4(static_cast<uint32_t>(packed_conv_2d_lead(op->window)));
    if (const auto* op = std::get_if<PairedConv2dOp>(&operation))
        return round_up_to_4(static_cast<uint32_t>(paired_conv_2d_lead(op->window)));
    if (const auto* op = std::get_if<PackedDepthwiseConv2dOp>(&operation))
        return depthwise_may_overlap(op->window) ? std::optional(0U) : std::nullopt;
    if (const auto* op = std::get_if<DepthwiseConv2dOp>(&operation)) {
        const auto lead = depthwise_conv_2d_lead(op->window);
        return lead ? std::optional(round_up_to_4(*lead)) : std::nullopt;
    }
    const bool any_order = std::visit(
        [](const auto& op) {
            return requires {
                op.runs_in_place;
            };
        },
        operation);
    return any_order ? std::optional(0U) : std::nullopt;
}

OpHeader header_of(const Operation& operation) {
    return std::visit([](const auto& op) { return op.header; }, operation);
}

std::string kernel_name(OpKind kind) {
    std::string name;
    Operations::find(kind, [&](auto row) { name = row.name; });
    return name;
}

uint64_t macs_of(const Operation& operation) {
    const auto conv = [](const Window2d& window) {
        return output_positions(window) * window.out_channels * conv_2d_taps(window);
    };
    const auto depthwise = [](const Window2d& window) {
        return output_positions(window) * window.out_channels * window.kernel_height *
               window.kernel_width;
    };
    const auto transposed = [](const Window2d& window) {
        return uint64_t{window.in_height} * window.in_width * window.out_channels *
               conv_2d_taps(window);
    };
    const auto products = [](const auto& op) {
        return uint64_t{op.batches[0]} * op.batches[1] * op.rows * op.columns * op.depth;
    };
    return std::visit(
        Overloaded{
            [&](const Conv2dOp& op) { return conv(op.window); },
            [&](const PackedConv2dOp& op) { return conv(op.window); },
            [&](const PairedConv2dOp& op) { return conv(op.window); },
            [&](const InterleavedConv2dOp& op) { return conv(op.window); },
            [&](const GroupedConv2dOp& op) { return conv(op.window) / op.groups; },
            [&](const DepthwiseConv2dOp& op) { return depthwise(op.window); },
            [&](const PackedDepthwiseConv2dOp& op) { return depthwise(op.window); },
            [&](const InterleavedDepthwiseConv2dOp& op) { return depthwise(op.window); },
            [&](const TransposeConv2dOp& op) { return transposed(op.window); },
            [&](const Int16TransposeConv2dOp& op) { return transposed(op.window); },
            [&](const Int4Conv2dOp& op) { return conv(op.window); },
            [&](const Int16Conv2dOp& op) { return conv(op.window) / op.groups; },
            [&](const Int16DepthwiseConv2dOp& op) { return depthwise(op.window); },
            [](const LstmOp& op) {
                return uint64_t{4} * op.batches * op.steps * op.units * (op.inputs + op.units);
            },
            [](const SvdfOp& op) {
                return uint64_t{op.batches} * op.filters * (op.inputs + op.memory);
            },
            [&](const BatchMatmulOp& op) { return products(op); },
            [&](const Int16BatchMatmulOp& op) { return products(op); },
            [](const FullyConnectedOp& op) { return uint64_t{op.rows} * op.depth * op.out; },
            [](const PairedFullyConnectedOp& op) { return uint64_t{op.depth} * op.out; },
            [](const PackedFullyConnectedOp& op) { return uint64_t{op.rows} * op.depth * op.out; },
            [](const auto&) { return uint64_t{0}; },
        },
        operation);
}

std::vector<uint8_t> bytes_of(const Operation& operation) {
    return std::visit(
        [](const auto& op) {
            std::vector<uint8_t> bytes(sizeof op);
            std::memcpy(bytes.data(), &op, sizeof op);
            return bytes;
        },
        operation);
}

}  // namespace ganglion::compile
