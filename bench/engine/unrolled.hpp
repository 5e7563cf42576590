#pragma once

#include "compile/lower.hpp"

namespace ganglion::bench {

/// The same program with its loops written out.
inline compile::Lowered unrolled(const compile::Lowered& lowered) {
    compile::Lowered result = lowered;
    result.operations.clear();
    for (size_t i = 0; i < lowered.operations.size(); ++i) {
        const auto* loop = std::get_if<RepeatOp>(&lowered.operations[i]);
        if (loop == nullptr) {
            result.operations.push_back(lowered.operations[i]);
            continue;
        }
        for (uint32_t turn = 0; turn < loop->turns; ++turn) {
            for (uint32_t n = 0; n < loop->operation_count; ++n) {
                compile::Operation operation = lowered.operations[i + 1 + n];
                for (const RepeatOp::Move& move : std::span(loop->moves).first(loop->move_count)) {
                    if (move.operation != n) continue;
                    std::visit([&](auto& op) { move_on(op, move.word, turn * move.step); },
                               operation);
                }
                result.operations.push_back(operation);
            }
        }
        i += loop->operation_count;
    }
    return result;
}

}  // namespace ganglion::bench
