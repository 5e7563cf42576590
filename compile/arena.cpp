#include "compile/arena.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "compile/plan.hpp"

namespace ganglion::compile {
namespace {

constexpr uint64_t kMostState = 1U << 28;

/// When a buffer is used.
struct Uses {
    size_t first = SIZE_MAX, last = 0;
    size_t writers = 0;
    bool first_reads = false;
};

std::vector<Uses> all_uses(const Draft& draft) {
    std::vector<Uses> all(draft.bytes.size());
    for (size_t i = 0; i < draft.steps.size(); ++i) {
        for (const BufferUse& use : uses_of(draft.steps[i])) {
            Uses& uses = all[use.buffer];
            if (uses.first == SIZE_MAX) {
                uses.first = i;
                uses.first_reads = !use.writes;
            }
            uses.last = i;
            uses.writers += use.writes;
        }
    }
    return all;
}

/// True where what a loop leaves in the buffer must stay for its next turn or for what follows.
bool outlives_a_turn(const Uses& uses, const StepRange& loop) {
    return uses.first_reads || !loop.holds(uses.first) || !loop.holds(uses.last);
}

std::optional<StepRange> loop_around(const std::vector<StepRange>& loops, size_t index) {
    for (const StepRange& loop : loops) {
        if (loop.holds(index)) return loop;
    }
    return std::nullopt;
}

/// Offsets of the states, one after another, and their end.
std::map<uint32_t, uint32_t> state_offsets(const Draft& draft, uint32_t& end_of_all) {
    std::map<uint32_t, uint32_t> offsets;
    uint64_t end = 0;
    for (const StateBuffer& state : draft.states) {
        offsets[state.buffer] = static_cast<uint32_t>(end);
        end += (uint64_t{draft.bytes[state.buffer]} + 3) / 4 * 4;
        if (end > kMostState) throw std::runtime_error("the model's state is beyond 256 MiB");
    }
    end_of_all = static_cast<uint32_t>((end + 15) / 16 * 16);
    return offsets;
}

/// What the planner is asked for, and the draft's number of each.
struct Request {
    std::vector<Buffer> buffers;
    std::map<uint32_t, size_t> index_of;
};

/// Buffers that are no states, with the steps from which on and up to which they are needed.
Request request_of(const Draft& draft) {
    Request request;
    const auto count = static_cast<int32_t>(draft.steps.size());
    const auto need = [&](uint32_t buffer, int32_t first, int32_t last) {
        if (draft.is_state(buffer)) return;
        const auto [entry, is_new] = request.index_of.try_emplace(buffer, request.buffers.size());
        if (is_new) request.buffers.push_back({draft.bytes[buffer], first, last});
        Buffer& placed = request.buffers[entry->second];
        placed.first = std::min(placed.first, first);
        placed.last = std::max(placed.last, last);
    };
    for (const Border& input : draft.inputs) need(input.buffer, 0, 0);
    const std::vector<Uses> uses = all_uses(draft);
    const std::vector<StepRange> loops = loops_of(draft.steps);
    for (int32_t i = 0; i < count; ++i) {
        const auto loop = loop_around(loops, static_cast<size_t>(i));
        for (const BufferUse& use : uses_of(draft.steps[static_cast<size_t>(i)])) {
            need(use.buffer, i, i);
            if (loop && !use.is_scratch && outlives_a_turn(uses[use.buffer], *loop)) {
                need(use.buffer, static_cast<int32_t>(loop->begin),
                     static_cast<int32_t>(loop->end) - 1);
            }
        }
    }
    for (const Border& output : draft.outputs) need(output.buffer, count, count);
    for (const auto& [result, over] : draft.over) {
        Buffer& buffer = request.buffers[request.index_of.at(result)];
        buffer.over = static_cast<int32_t>(request.index_of.at(over.source));
        buffer.lead = over.lead;
    }
    return request;
}

/// Number of the operation's word that a place lies in.
uint16_t word_of(Operation& operation, const uint32_t* place) {
    return std::visit(
        [&](auto& op) {
            return static_cast<uint16_t>(place - reinterpret_cast<const uint32_t*>(&op));
        },
        operation);
}

}  // namespace

void share_in_place(Draft& draft) {
    const std::vector<Uses> all = all_uses(draft);
    const std::vector<StepRange> loops = loops_of(draft.steps);
    std::vector<bool> is_overwritten(draft.bytes.size());
    for (const auto& [result, over] : draft.over) is_overwritten[over.source] = true;
    for (size_t i = 0; i < draft.steps.size(); ++i) {
        const auto lead = in_place_lead(draft.steps[i].operation);
        if (!lead) continue;
        const auto loop = loop_around(loops, i);
        const auto is_simple = [&](const BufferUse& use) {
            return !use.is_scratch && use.shift == Shift{} && !draft.is_state(use.buffer) &&
                   !(loop && outlives_a_turn(all[use.buffer], *loop));
        };
        const std::vector<BufferUse> uses = uses_of(draft.steps[i]);
        const uint32_t result = uses.back().buffer;
        if (!is_simple(uses.back()) || all[result].first != i || all[result].writers != 1 ||
            draft.over.count(result) != 0) {
            continue;
        }
        for (const BufferUse& use : uses) {
            if (use.writes || use.repeats || !is_simple(use) || all[use.buffer].last != i ||
                draft.is_output(use.buffer) || use.buffer == result || is_overwritten[use.buffer]) {
                continue;
            }
            draft.over[result] = {use.buffer, *lead};
            is_overwritten[use.buffer] = true;
            break;
        }
    }
}

std::vector<uint64_t> bytes_needed(const Draft& draft) {
    uint32_t state_bytes = 0;
    (void)state_offsets(draft, state_bytes);
    std::vector<uint64_t> needed =
        bytes_needed(request_of(draft).buffers, static_cast<int32_t>(draft.steps.size()) + 1);
    for (uint64_t& bytes : needed) bytes += state_bytes;
    return needed;
}

Arena place_buffers(const Draft& draft) {
    Arena arena;
    arena.offsets.assign(draft.bytes.size(), UINT32_MAX);
    for (const auto& [buffer, offset] : state_offsets(draft, arena.state_bytes))
        arena.offsets[buffer] = offset;
    const Request request = request_of(draft);
    const Plan plan = plan_memory(request.buffers);
    for (const auto& [buffer, index] : request.index_of)
        arena.offsets[buffer] = arena.state_bytes + plan.offsets[index];
    arena.bytes = arena.state_bytes + plan.arena_bytes;
    arena.lower_bound = arena.state_bytes + plan.lower_bound;
    arena.is_optimal = plan.is_optimal;
    return arena;
}

void settle(Draft& draft, const Arena& arena) {
    RepeatOp* loop = nullptr;
    size_t first = 0;
    for (size_t i = 0; i < draft.steps.size(); ++i) {
        Step& step = draft.steps[i];
        if (auto* repeat = std::get_if<RepeatOp>(&step.operation)) {
            loop = repeat;
            first = i + 1;
            continue;
        }
        const std::vector<BufferUse> uses = uses_of(step);
        const std::vector<ArenaUse> places = arena_uses(step.operation);
        for (size_t n = 0; n < uses.size(); ++n) {
            *places[n].offset = arena.offsets[uses[n].buffer] + uses[n].shift.begin;
            if (uses[n].shift.step == 0) continue;
            loop->moves[loop->move_count++] = {static_cast<uint16_t>(i - first),
                                               word_of(step.operation, places[n].offset),
                                               uses[n].shift.step};
        }
        const auto* copy = std::get_if<CopyOp>(&step.operation);
        step.layer.output_offset =
            *places.back().offset + (copy == nullptr ? 0 : copy->output_begin);
    }
    for (size_t i = 0; i < draft.steps.size(); ++i) {
        auto* repeat = std::get_if<RepeatOp>(&draft.steps[i].operation);
        if (repeat == nullptr) continue;
        for (size_t n = 1; n <= repeat->operation_count; ++n) {
            repeat->header.bytes = static_cast<uint16_t>(
                repeat->header.bytes + header_of(draft.steps[i + n].operation).bytes);
        }
    }
}

}  // namespace ganglion::compile
