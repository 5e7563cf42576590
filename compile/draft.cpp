#include "compile/draft.hpp"

#include <algorithm>
#include <stdexcept>

namespace ganglion::compile {
namespace {

bool holds(const std::vector<Border>& list, uint32_t buffer) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Border& border) { return border.buffer == buffer; });
}

}  // namespace

bool Draft::is_state(uint32_t buffer) const {
    return std::any_of(states.begin(), states.end(),
                       [&](const StateBuffer& state) { return state.buffer == buffer; });
}

bool Draft::is_input(uint32_t buffer) const {
    return holds(inputs, buffer);
}

bool Draft::is_output(uint32_t buffer) const {
    return holds(outputs, buffer);
}

uint32_t Draft::add_buffer(uint32_t size) {
    bytes.push_back(size);
    return static_cast<uint32_t>(bytes.size() - 1);
}

void Draft::add_scratch(Operation& operation) {
    const Scratch scratch = scratch_of(operation);
    if (scratch.offset == nullptr) return;
    *scratch.offset = scratch.bytes == 0 ? 0 : add_buffer(scratch.bytes);
}

std::vector<BufferUse> uses_of(const Step& step) {
    Operation operation = step.operation;
    const Scratch scratch = scratch_of(operation);
    std::vector<BufferUse> uses;
    size_t reads = 0;
    for (const ArenaUse& use : arena_uses(operation)) {
        const bool is_scratch = use.offset == scratch.offset;
        Shift shift;
        if (!is_scratch) {
            if (!use.writes && reads == step.reads.size())
                throw std::logic_error("an operation reads more places than a step holds");
            shift = use.writes ? step.write : step.reads[reads++];
        }
        uses.push_back({*use.offset, use.writes, is_scratch, shift, use.repeats});
    }
    return uses;
}

std::vector<StepRange> loops_of(const std::vector<Step>& steps) {
    std::vector<StepRange> loops;
    for (size_t i = 0; i < steps.size(); ++i) {
        if (const auto* loop = std::get_if<RepeatOp>(&steps[i].operation))
            loops.push_back({i + 1, i + 1 + loop->operation_count});
    }
    return loops;
}

}  // namespace ganglion::compile
