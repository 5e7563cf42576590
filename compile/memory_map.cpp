#include "compile/memory_map.hpp"

#include <algorithm>
#include <optional>

namespace ganglion::compile {
namespace {

/// Steps during which a buffer is needed.
struct Life {
    size_t first, last;
};

class Lives {
  public:
    explicit Lives(const Draft& draft) : loops_(loops_of(draft.steps)), lives_(draft.bytes.size()) {
        for (size_t i = 0; i < draft.steps.size(); ++i) {
            for (const BufferUse& use : uses_of(draft.steps[i])) add(use.buffer, i);
        }
        const size_t last = draft.steps.empty() ? 0 : draft.steps.size() - 1;
        for (const Border& input : draft.inputs) add(input.buffer, 0);
        for (const Border& output : draft.outputs) add(output.buffer, last);
        for (const StateBuffer& state : draft.states) {
            add(state.buffer, 0);
            add(state.buffer, last);
        }
    }

    const std::optional<Life>& of(size_t buffer) const { return lives_[buffer]; }

  private:
    void add(uint32_t buffer, size_t step) {
        Life used{step, step};
        for (const StepRange& loop : loops_) {
            if (loop.holds(step)) used = {loop.begin, loop.end - 1};
        }
        std::optional<Life>& life = lives_[buffer];
        if (!life) life = used;
        life = {std::min(life->first, used.first), std::max(life->last, used.last)};
    }

    std::vector<StepRange> loops_;
    std::vector<std::optional<Life>> lives_;
};

}  // namespace

std::vector<PlacedBuffer> memory_map(const Draft& draft, const Arena& arena) {
    std::vector<bool> is_scratch(draft.bytes.size());
    for (const Step& step : draft.steps) {
        for (const BufferUse& use : uses_of(step)) {
            if (use.is_scratch) is_scratch[use.buffer] = true;
        }
    }
    const Lives lives(draft);
    std::vector<PlacedBuffer> map;
    for (uint32_t i = 0; i < draft.bytes.size(); ++i) {
        if (!lives.of(i) || arena.offsets[i] == UINT32_MAX) continue;
        const char* kind = draft.is_state(i) ? "state" : is_scratch[i] ? "scratch" : "tensor";
        map.push_back({i, "", kind, arena.offsets[i], draft.bytes[i],
                       static_cast<uint32_t>(lives.of(i)->first),
                       static_cast<uint32_t>(lives.of(i)->last)});
    }
    return map;
}

}  // namespace ganglion::compile
