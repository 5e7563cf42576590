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
        Overloaded{
            [](AddOp& op) {
                return std::vector<ArenaUse>{
                    {&op.first.offset, false}, {&op.second.offset, false}, {&op.output, true}};
            },
            [](FillOp& op) {
                return std::vector<ArenaUse>{{&op.output, true}};
            },
            [](LoadConstantsOp& op) {
                return std::vector<ArenaUse>{{&op.output, true}};
            },
            [](auto& op) {
                return std::vector<ArenaUse>{{&op.input, false}, {&op.output, true}};
            },
        },
        operation);
    const Scratch scratch = scratch_of(operation);
    if (scratch.bytes != 0) uses.insert(uses.end() - 1, {scratch.offset, true});
    return uses;
}

Scratch scratch_of(Operation& operation) {
    return std::visit(Overloaded{
                          [](Conv2dOp& op) {
                              return Scratch{&op.scratch, conv_2d_scratch_bytes(op.window)};
                          },
                          [](PackedConv2dOp& op) {
                              return Scratch{&op.scratch, packed_conv_2d_scratch_bytes(op.window)};
                          },
                          [](PackedDepthwiseConv2dOp& op) {
                              return Scratch{&op.scratch,
                                             static_cast<uint32_t>(packed_depthwise_scratch_bytes(
                                                 op.window, op.band))};
                          },
                          [](auto&) {
                              return Scratch{nullptr, 0};
                          },
                      },
                      operation);
}

std::optional<uint32_t> in_place_lead(const Operation& operation) {
    if (const auto* op = std::get_if<PackedConv2dOp>(&operation))
        return round_up_to_4(static_cast<uint32_t>(packed_conv_2d_lead(op->window)));
    if (const auto* op = std::get_if<PackedDepthwiseConv2dOp>(&operation))
        return depthwise_may_overlap(op->window) ? std::optional(0U) : std::nullopt;
    const bool elementwise = std::holds_alternative<AddOp>(operation) ||
                             std::holds_alternative<SoftmaxOp>(operation) ||
                             std::holds_alternative<LookupOp>(operation);
    return elementwise ? std::optional(0U) : std::nullopt;
}

OpHeader header_of(const Operation& operation) {
    return std::visit([](const auto& op) { return op.header; }, operation);
}

std::string kernel_name(OpKind kind) {
    switch (kind) {
        case OpKind::conv_2d:
            return "conv_2d";
        case OpKind::depthwise_conv_2d:
            return "depthwise_conv_2d";
        case OpKind::fully_connected:
            return "fully_connected";
        case OpKind::average_pool_2d:
            return "average_pool_2d";
        case OpKind::max_pool_2d:
            return "max_pool_2d";
        case OpKind::add:
            return "add";
        case OpKind::softmax:
            return "softmax";
        case OpKind::lookup:
            return "lookup";
        case OpKind::pad:
            return "pad";
        case OpKind::packed_conv_2d:
            return "packed_conv_2d";
        case OpKind::packed_depthwise_conv_2d:
            return "packed_depthwise_conv_2d";
        case OpKind::packed_fully_connected:
            return "packed_fully_connected";
        case OpKind::copy:
            return "copy";
        case OpKind::fill:
            return "fill";
        case OpKind::load_constants:
            return "load_constants";
    }
    return "unknown";
}

uint64_t macs_of(const Operation& operation) {
    const auto conv = [](const Window2d& window) {
        return output_positions(window) * window.out_channels * conv_2d_taps(window);
    };
    const auto depthwise = [](const Window2d& window) {
        return output_positions(window) * window.out_channels * window.kernel_height *
               window.kernel_width;
    };
    return std::visit(
        Overloaded{
            [&](const Conv2dOp& op) { return conv(op.window); },
            [&](const PackedConv2dOp& op) { return conv(op.window); },
            [&](const DepthwiseConv2dOp& op) { return depthwise(op.window); },
            [&](const PackedDepthwiseConv2dOp& op) { return depthwise(op.window); },
            [](const FullyConnectedOp& op) { return uint64_t{op.rows} * op.depth * op.out; },
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
