#include "compile/spare_copies.hpp"

#include <algorithm>
#include <optional>

namespace ganglion::compile {
namespace {

/// When operations use a buffer.
struct Uses {
    std::vector<size_t> reads, writes;

    size_t count() const { return reads.size() + writes.size(); }
    bool writes_within(size_t first, size_t last) const { return within(writes, first, last); }
    bool reads_within(size_t first, size_t last) const { return within(reads, first, last); }
    size_t last_read() const { return reads.empty() ? 0 : reads.back(); }

  private:
    static bool within(const std::vector<size_t>& times, size_t first, size_t last) {
        return std::any_of(times.begin(), times.end(),
                           [&](size_t time) { return first <= time && time <= last; });
    }
};

class Sparing {
  public:
    explicit Sparing(Draft& draft) : draft_(draft) {}

    void run() {
        bool again = true;
        while (again) {
            again = false;
            for (size_t i = 0; i < draft_.steps.size() && !again; ++i) {
                const auto* copy = std::get_if<CopyOp>(&draft_.steps[i].operation);
                again = copy != nullptr && (read_in_place(i, *copy) || write_in_place(i, *copy) ||
                                            live_in_joined(i, *copy));
            }
        }
    }

  private:
    Uses uses_of(uint32_t buffer) {
        Uses uses;
        for (size_t i = 0; i < draft_.steps.size(); ++i) {
            for (const ArenaUse& use : arena_uses(draft_.steps[i].operation)) {
                if (*use.offset == buffer) (use.writes ? uses.writes : uses.reads).push_back(i);
            }
        }
        return uses;
    }

    StateBuffer* state_of(uint32_t buffer) {
        const auto found =
            std::find_if(draft_.states.begin(), draft_.states.end(),
                         [&](const StateBuffer& state) { return state.buffer == buffer; });
        return found == draft_.states.end() ? nullptr : &*found;
    }

    bool is_whole(const CopyOp& copy) const {
        return copy.rows == 1 && copy.input_begin == 0 && copy.output_begin == 0 &&
               copy.bytes == draft_.bytes[copy.input] && copy.bytes == draft_.bytes[copy.output];
    }

    void remove(size_t index) {
        draft_.steps.erase(draft_.steps.begin() + static_cast<std::ptrdiff_t>(index));
    }

    void replace(uint32_t from, uint32_t to) {
        for (Step& step : draft_.steps) {
            for (const ArenaUse& use : arena_uses(step.operation)) {
                if (*use.offset == from) *use.offset = to;
            }
        }
    }

    /// The copy's readers read its source, which nobody changes before.
    bool read_in_place(size_t at, const CopyOp& copy) {
        const uint32_t source = copy.input;
        const uint32_t result = copy.output;
        if (!is_whole(copy) || state_of(result) != nullptr || draft_.is_border(result))
            return false;
        const Uses of_result = uses_of(result);
        if (of_result.writes.size() != 1) return false;
        if (uses_of(source).writes_within(at + 1, of_result.last_read())) return false;
        remove(at);
        replace(result, source);
        return true;
    }

    /// A variable's new value is computed into the variable, whose old value nobody needs then.
    bool write_in_place(size_t at, const CopyOp& copy) {
        const uint32_t source = copy.input;
        const uint32_t result = copy.output;
        if (!is_whole(copy) || state_of(result) == nullptr || state_of(source) != nullptr ||
            draft_.is_border(source)) {
            return false;
        }
        const Uses of_source = uses_of(source);
        if (of_source.writes.empty() || of_source.writes.back() > at) return false;
        const Uses of_result = uses_of(result);
        const size_t first = of_source.writes.front();
        if (of_result.reads_within(first, at) || of_result.writes_within(first, at - 1))
            return false;
        if (of_result.writes_within(at + 1, of_source.last_read())) return false;
        remove(at);
        replace(source, result);
        return true;
    }

    /// Variable -> start of a joined buffer, and later a part of that -> variable: the joined
    /// buffer becomes the variable's memory.
    bool live_in_joined(size_t at, const CopyOp& copy) {
        const uint32_t variable = copy.input;
        const uint32_t joined = copy.output;
        StateBuffer* state = state_of(variable);
        const uint32_t bytes = draft_.bytes[variable];
        if (state == nullptr || state_of(joined) != nullptr || draft_.is_border(joined))
            return false;
        if (copy.rows != 1 || copy.bytes != bytes || copy.output_begin != 0) return false;
        const Uses of_variable = uses_of(variable);
        if (of_variable.reads.size() != 1 || of_variable.writes.size() != 1) return false;
        const size_t move = of_variable.writes[0];
        const auto* back = std::get_if<CopyOp>(&draft_.steps[move].operation);
        if (back == nullptr || move <= at || back->input != joined || back->rows != 1 ||
            back->bytes != bytes || back->output_begin != 0) {
            return false;
        }
        const Uses of_joined = uses_of(joined);
        for (size_t write : of_joined.writes) {
            const auto* part = std::get_if<CopyOp>(&draft_.steps[write].operation);
            const bool beside = part != nullptr && part->rows == 1 && part->output_begin >= bytes;
            if (write != at && (!beside || write > move)) return false;
        }
        state->buffer = joined;
        std::get<CopyOp>(draft_.steps[move].operation).output = joined;
        const auto step = draft_.steps.begin() + static_cast<std::ptrdiff_t>(move);
        const auto later = static_cast<std::ptrdiff_t>(of_joined.last_read() - move) + 1;
        std::rotate(step, step + 1, step + later);
        remove(at);
        return true;
    }

    Draft& draft_;
};

}  // namespace

void spare_copies(Draft& draft) {
    Sparing(draft).run();
}

}  // namespace ganglion::compile
