#include "compile/fuse_lookup.hpp"

#include <algorithm>
#include <type_traits>

namespace ganglion::compile {
namespace {

/// What the table gives for an int8.
int32_t at(const LookupTable& table, int32_t value) {
    return (table[static_cast<size_t>(value) + 128] ^ 0x80) - 0x80;  // as a signed byte
}

/// Operations that add their zero point last of all and have it nowhere else.
template <typename Op, typename... Others>
constexpr bool is_one_of = (std::is_same_v<Op, Others> || ...);
template <typename Op>
constexpr bool kMayShift =
    is_one_of<Op, Conv2dOp, DepthwiseConv2dOp, GroupedConv2dOp, FullyConnectedOp, PackedConv2dOp,
              PackedDepthwiseConv2dOp, PackedFullyConnectedOp, PairedConv2dOp,
              PairedFullyConnectedOp, AddOp>;

/// False for kernels that pick one of their inputs, whatever their range, and for those that read
/// their results again.
bool only_limits_results(OpKind kind) {
    return kind != OpKind::maximum && kind != OpKind::minimum && kind != OpKind::reduce_maximum &&
           kind != OpKind::reduce_minimum && kind != OpKind::lstm && kind != OpKind::svdf;
}

/// The range of an operation that moves its results by `shift` and then gives what the table does.
/// Both limits rise with the result, so that results beyond the old range meet them, too.
bool fuse_range(OutputRange& range, const LookupTable& table, int32_t shift) {
    const int32_t zero = range.zero_point + shift;
    if (zero < -128 || zero > 127) return false;
    int32_t low = 127;
    int32_t high = -128;
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, not a character
    for (int32_t value = range.minimum; value <= range.maximum; ++value) {
        low = std::min(low, at(table, value));
        high = std::max(high, at(table, value));
    }
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, not a character
    for (int32_t value = range.minimum; value <= range.maximum; ++value) {
        if (at(table, value) != std::clamp(value + shift, low, high)) return false;
    }
    range = {static_cast<int16_t>(zero), static_cast<int8_t>(low), static_cast<int8_t>(high)};
    return true;
}

}  // namespace

bool fuse_lookup(Operation& operation, const LookupTable& table, std::span<uint8_t> constants) {
    if (auto* first = std::get_if<LookupOp>(&operation)) {
        for (uint8_t& byte : constants.subspan(first->table, table.size()))
            byte = table[static_cast<size_t>(static_cast<int8_t>(byte) + 128)];
        return true;
    }
    return std::visit(
        [&](auto& op) {
            using Op = std::decay_t<decltype(op)>;
            if constexpr (requires { fuse_range(op.range, table, 0); }) {
                if (!only_limits_results(op.header.kind)) return false;
                if (fuse_range(op.range, table, 0)) return true;
                for (int32_t shift = -255; kMayShift<Op> && shift <= 255; ++shift) {
                    if (fuse_range(op.range, table, shift)) return true;
                }
            }
            return false;
        },
        operation);
}

}  // namespace ganglion::compile
