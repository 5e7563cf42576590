#include "compile/cost/cost.hpp"

#include <map>
#include <utility>

namespace ganglion::compile::cost {
namespace {

struct Row {
    const char* target;
    const char* kernel;
    std::vector<double> coefficients;
};

using Table = std::map<std::pair<std::string, std::string>, std::vector<double>, std::less<>>;

/// Events are counted pixel by pixel: no model for a microcontroller has as many as this, and a
/// hostile one shall not keep the compiler busy.
bool is_too_large(const Operation& operation) {
    constexpr uint64_t kMost = 1U << 20;
    return std::visit(
        [](const auto& op) {
            if constexpr (requires { op.window; }) {
                const Window2d& w = op.window;
                return uint64_t{w.out_height} * w.out_width > kMost ||
                       uint64_t{w.out_height} * w.kernel_height > kMost ||
                       uint64_t{w.out_width} * w.kernel_width > kMost;
            } else if constexpr (requires { op.input_stride; }) {
                return op.rows > kMost;
            } else if constexpr (requires { op.pixel_bytes; }) {
                return uint64_t{op.out_height} * op.out_width > kMost;
            } else if constexpr (requires { op.input_strides; }) {
                return double{1} * op.counts[0] * op.counts[1] * op.counts[2] * op.counts[3] >
                       kMost;
            } else {
                return false;
            }
        },
        operation);
}

/// Written by `ganglion bench costs`.
const Table& table() {
    static const Table all = [] {
        Table rows;
        for (Row& row : std::vector<Row>{
#include "compile/cost/coefficients.inc"
             }) {
            rows[{row.target, row.kernel}] = std::move(row.coefficients);
        }
        return rows;
    }();
    return all;
}

}  // namespace

std::optional<Kernels> kernels_of(std::string_view target) {
    if (target == "cortex-m4" || target == "cortex-m7" || target == "cortex-m33")
        return Kernels::dual;
    if (target == "cortex-m55") return Kernels::vector;
    if (target == "cortex-m0" || target == "cortex-m3" || target == "rv32imc")
        return Kernels::scalar;
    return std::nullopt;
}

Surroundings surroundings_of(std::span<const Operation> operations, size_t reset_count) {
    double calls = 0;
    double loops = 0;
    double turns = 0;
    double calls_in_turns = 0;
    double moves = 0;
    double moves_in_turns = 0;
    for (size_t i = 0; i < operations.size(); ++i) {
        const auto* loop = std::get_if<RepeatOp>(&operations[i]);
        if (loop == nullptr) {
            ++calls;
            continue;
        }
        ++loops;
        turns += loop->turns;
        calls_in_turns += double{1} * loop->turns * loop->operation_count;
        moves += loop->move_count;
        moves_in_turns += double{1} * loop->turns * loop->move_count;
        i += loop->operation_count;
    }
    Surroundings around;
    around.linked << 1 << calls << loops << turns << calls_in_turns << moves << moves_in_turns;
    around.loaded << 1 << calls + loops << static_cast<double>(reset_count);
    return around;
}

Events repeat_events(const RepeatOp& loop) {
    const double turns = loop.turns;
    Events events;
    events << 1 << turns << turns * loop.operation_count << turns * loop.move_count
           << turns * loop.operation_count * loop.move_count;
    return events;
}

std::optional<CostModel> CostModel::of(const Target& target) {
    const auto kernels = kernels_of(target.name);
    if (!kernels) return std::nullopt;
    return CostModel(target.name, *kernels);
}

std::optional<double> CostModel::sum(std::string_view kernel, const Events& events) const {
    const auto row = table().find(std::pair(target_, std::string(kernel)));
    if (row == table().end() || row->second.size() != events.times().size()) return std::nullopt;
    double result = 0;
    for (size_t i = 0; i < row->second.size(); ++i) result += row->second[i] * events.times()[i];
    return result;
}

std::optional<double> CostModel::kernel(const Operation& operation,
                                        std::span<const uint8_t> constants) const {
    if (is_too_large(operation)) return std::nullopt;
    return sum(kernel_name(header_of(operation).kind), events_of(operation, constants, kernels_));
}

std::optional<Cost> CostModel::cost(std::span<const Operation> operations,
                                    std::span<const uint8_t> constants, size_t reset_count) const {
    Cost result;
    double kernels = 0;
    double loops = 0;  // of the loadable form, beyond their kernels
    bool is_known = true;
    const auto known = [&](std::optional<double> count) {
        is_known = is_known && count.has_value();
        return count.value_or(0);
    };
    for (size_t i = 0; i < operations.size(); ++i) {
        const auto* loop = std::get_if<RepeatOp>(&operations[i]);
        if (loop == nullptr) {
            result.operations.push_back(known(kernel(operations[i], constants)));
            kernels += result.operations.back();
            continue;
        }
        double body = 0;
        for (const Operation& inner : operations.subspan(i + 1, loop->operation_count))
            body += loop->turns * known(kernel(inner, constants));
        const double around = known(sum("repeat", repeat_events(*loop)));
        result.operations.push_back(body + around);
        result.operations.insert(result.operations.end(), loop->operation_count, 0);
        kernels += body;
        loops += around;
        i += loop->operation_count;
    }
    const Surroundings around = surroundings_of(operations, reset_count);
    result.linked = kernels + known(sum(kLinked, around.linked));
    result.loaded = kernels + loops + known(sum(kLoaded, around.loaded));
    return is_known ? std::optional(result) : std::nullopt;
}

}  // namespace ganglion::compile::cost
