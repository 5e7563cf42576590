#include "compile/row_group.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "compile/bands.hpp"

namespace ganglion::compile {
namespace {

constexpr size_t kMostBorderOperations = 40;  // written out, for each record costs flash

/// One operation of the group.
struct Layer {
    size_t step;
    RowSlide slide;
    std::vector<std::optional<size_t>> sources;  ///< layers that compute its inputs; empty: outside
    int32_t produced = 0;                        ///< rows so far
    int32_t base = 0;                            ///< the row at its buffer's start
    int32_t capacity = 0;                        ///< rows that its buffer holds
    bool keeps = false;                          ///< rows stay from round to round
};

/// An operation of one round. Its places are original buffer numbers.
struct Part {
    size_t layer;
    bool is_move;
    Step step;
};

using Round = std::vector<Part>;

class Grouping {
  public:
    Grouping(const Draft& draft, const RowGroup& group) : draft_(draft), group_(group) {}

    std::optional<Draft> run() {
        if (!find_layers() || !simulate()) return std::nullopt;
        const StepRange loop = longest_loop();
        if (loop.end - loop.begin < 2) return std::nullopt;
        return assemble(loop);
    }

  private:
    bool find_layers() {
        std::map<uint32_t, size_t> layer_of;  // result -> layer
        for (size_t i = group_.first; i <= group_.last; ++i) {
            const Step& step = draft_.steps[i];
            const auto slide = row_slide(step);
            if (!slide || step.is_by_rows) return false;
            Layer layer{i, *slide, {}};
            for (const BufferUse& use : uses_of(step)) {
                if (use.is_scratch) continue;
                if (!(use.shift == Shift{})) return false;
                const uint32_t rows_bytes =
                    use.writes ? static_cast<uint32_t>(slide->out) * slide->out_bytes
                               : static_cast<uint32_t>(slide->in) * slide->in_bytes;
                if (draft_.bytes[use.buffer] != rows_bytes) return false;
                if (use.writes) {
                    if (layer_of.count(use.buffer) != 0 || draft_.is_state(use.buffer))
                        return false;
                    layer_of[use.buffer] = layers_.size();
                    continue;
                }
                const auto source = layer_of.find(use.buffer);
                layer.sources.push_back(source == layer_of.end() ? std::nullopt
                                                                 : std::optional(source->second));
                if (source != layer_of.end() && !fits(layers_[source->second].slide, *slide))
                    return false;
            }
            layers_.push_back(std::move(layer));
        }
        for (const auto& [buffer, layer] : layer_of) {
            if (!good_result(buffer, layer + 1 == layers_.size())) return false;
        }
        return true;
    }

    static bool fits(const RowSlide& before, const RowSlide& after) {
        return before.out == after.in && before.out_bytes == after.in_bytes;
    }

    /// Results but the last one are needed in the group and nowhere else; the last one outside
    /// only.
    bool good_result(uint32_t buffer, bool is_last) const {
        if (!is_last && (draft_.is_output(buffer) || draft_.is_input(buffer))) return false;
        if (is_last && draft_.is_input(buffer)) return false;
        size_t reads = 0;
        const StepRange inside{group_.first, group_.last + 1};
        for (size_t i = 0; i < draft_.steps.size(); ++i) {
            for (const BufferUse& use : uses_of(draft_.steps[i])) {
                if (use.buffer != buffer || use.is_scratch) continue;
                if (!use.writes) ++reads;
                if (use.writes && !inside.holds(i)) return false;
                if (!use.writes && inside.holds(i) == is_last) return false;
            }
        }
        return is_last || reads > 0;
    }

    /// First row of a source that a layer's next row needs.
    static int32_t next_needed(const Layer& layer) {
        return layer.produced * layer.slide.stride - layer.slide.pad;
    }

    /// First row of a layer's result (empty: of what lies outside the group) that is still needed.
    int32_t still_needed(std::optional<size_t> source, int32_t otherwise) const {
        int32_t first = INT32_MAX;
        for (const Layer& layer : layers_) {
            const bool reads = std::find(layer.sources.begin(), layer.sources.end(), source) !=
                               layer.sources.end();
            if (reads && layer.produced < layer.slide.out)
                first = std::min(first, next_needed(layer));
        }
        return first == INT32_MAX ? otherwise : first;
    }

    /// Goes through all rounds, each of which ends with some rows of the last result.
    bool simulate() {
        const int32_t height = layers_.back().slide.out;
        for (Layer& layer : layers_) layer.base = still_needed(&layer - layers_.data(), 0);
        for (int32_t end = 0; end < height;) {
            end = std::min(end + group_.rows, height);
            if (!simulate_round(end)) return false;
        }
        return true;
    }

    bool simulate_round(int32_t end) {
        std::vector<int32_t> wanted;
        for (const Layer& layer : layers_) wanted.push_back(layer.produced);
        wanted.back() = end;
        for (size_t i = layers_.size(); i-- > 0;) {
            const Layer& layer = layers_[i];
            const Rows out{layer.produced, wanted[i]};
            if (out.count() == 0) continue;
            if (!sees_image(layer.slide, out)) return false;
            const int32_t last = std::min(needed_rows(layer.slide, out).end, layer.slide.in);
            for (const auto& source : layer.sources) {
                if (source) wanted[*source] = std::max(wanted[*source], last);
            }
        }
        std::vector<int32_t> bases;
        for (size_t i = 0; i < layers_.size(); ++i)
            bases.push_back(std::min(still_needed(i, layers_[i].base), layers_[i].produced));
        Round round;
        for (size_t i = 0; i < layers_.size(); ++i) {
            const Rows out{layers_[i].produced, wanted[i]};
            if (out.count() == 0) continue;
            if (i + 1 < layers_.size()) make_room(i, bases[i], round);
            compute(i, out, round);
        }
        for (size_t i = 0; i < layers_.size(); ++i) layers_[i].produced = wanted[i];
        find_lead();
        rounds_.push_back(std::move(round));
        return true;
    }

    uint32_t result_of(const Layer& layer) const {
        return uses_of(draft_.steps[layer.step]).back().buffer;
    }

    /// Moves the rows that are still needed to the start of a layer's buffer.
    void make_room(size_t number, int32_t base, Round& round) {
        Layer& layer = layers_[number];
        const int32_t first = std::max(base, 0);
        if (base > layer.base && layer.produced > first) {
            CopyOp copy{};
            copy.header = {OpKind::copy, sizeof copy};
            copy.rows = 1;
            copy.bytes = bytes_of_rows(layer, layer.produced - first);
            copy.input = copy.output = result_of(layer);
            copy.input_begin = bytes_of_rows(layer, first - layer.base);
            copy.output_begin = bytes_of_rows(layer, first - base);
            LayerReport report{};
            report.operation = "copy";
            report.output_shape = {1, copy.bytes};
            report.output_bytes = copy.bytes;
            round.push_back({number, true, {copy, report}});
        }
        layer.base = base;
    }

    static uint32_t bytes_of_rows(const Layer& layer, int32_t rows) {
        return static_cast<uint32_t>(rows) * layer.slide.out_bytes;
    }

    void compute(size_t number, const Rows& out, Round& round) {
        Layer& layer = layers_[number];
        Step step = draft_.steps[layer.step];
        step.operation = band_of(step.operation, layer.slide, out);
        const int32_t first = std::max(needed_rows(layer.slide, out).first, 0);
        for (size_t n = 0; n < layer.sources.size(); ++n) {
            int32_t base = 0;
            if (layer.sources[n]) {
                Layer& source = layers_[*layer.sources[n]];
                source.keeps = source.keeps || first < source.produced;
                base = source.base;
            }
            step.reads[n].begin = static_cast<uint32_t>(first - base) * layer.slide.in_bytes;
        }
        const bool is_last = number + 1 == layers_.size();
        step.write.begin = bytes_of_rows(layer, out.first - (is_last ? 0 : layer.base));
        layer.capacity = std::max(layer.capacity, out.end - layer.base);
        step.layer.macs = macs_of(step.operation);
        step.layer.output_bytes = bytes_of_rows(layer, out.count());
        if (step.layer.output_shape.size() == 4)
            step.layer.output_shape[1] = static_cast<uint32_t>(out.count());
        round.push_back({number, false, std::move(step)});
    }

    /// How far before a tensor outside the group its result may begin and overwrite it, given what
    /// this round has written and later ones still read.
    void find_lead() {
        const Layer& last = layers_.back();
        const int64_t written = int64_t{last.produced} * last.slide.out_bytes;
        for (const Layer& layer : layers_) {
            const auto& step = draft_.steps[layer.step];
            const std::vector<BufferUse> uses = uses_of(step);
            for (size_t n = 0; n < layer.sources.size(); ++n) {
                if (layer.sources[n] || layer.produced >= layer.slide.out) continue;
                const int64_t kept =
                    int64_t{std::max(next_needed(layer), 0)} * layer.slide.in_bytes;
                int64_t& lead = leads_[uses[n].buffer];
                lead = std::max(lead, written - kept);
            }
        }
    }

    // ---- from rounds to steps ----

    bool is_outside(const Part& part, uint32_t buffer) const {
        if (part.is_move) return false;
        const Layer& layer = layers_[part.layer];
        const std::vector<BufferUse> uses = uses_of(draft_.steps[layer.step]);
        if (part.layer + 1 == layers_.size() && buffer == uses.back().buffer) return true;
        for (size_t n = 0; n < layer.sources.size(); ++n) {
            if (!layer.sources[n] && uses[n].buffer == buffer) return true;
        }
        return false;
    }

    /// How much farther each place of `next` lies than that of `part`; empty where they differ in
    /// more than in places outside the group.
    std::optional<std::vector<uint32_t>> steps_between(const Part& part, const Part& next) const {
        if (part.layer != next.layer || part.is_move != next.is_move ||
            bytes_of(part.step.operation) != bytes_of(next.step.operation)) {
            return std::nullopt;
        }
        const std::vector<BufferUse> before = uses_of(part.step);
        const std::vector<BufferUse> after = uses_of(next.step);
        std::vector<uint32_t> steps;
        for (size_t i = 0; i < before.size(); ++i) {
            const uint32_t step = after[i].shift.begin - before[i].shift.begin;
            if (step != 0 && !is_outside(part, before[i].buffer)) return std::nullopt;
            steps.push_back(step);
        }
        return steps;
    }

    using RoundSteps = std::vector<std::vector<uint32_t>>;

    std::optional<RoundSteps> steps_between(const Round& round, const Round& next) const {
        if (round.size() != next.size()) return std::nullopt;
        RoundSteps all;
        for (size_t i = 0; i < round.size(); ++i) {
            auto steps = steps_between(round[i], next[i]);
            if (!steps) return std::nullopt;
            all.push_back(std::move(*steps));
        }
        return all;
    }

    StepRange longest_loop() {
        StepRange best{0, 0};
        for (size_t begin = 0; begin + 1 < rounds_.size();) {
            const auto steps = steps_between(rounds_[begin], rounds_[begin + 1]);
            size_t end = begin + 1;
            while (steps && end < rounds_.size() &&
                   steps_between(rounds_[end - 1], rounds_[end]) == steps) {
                ++end;
            }
            if (steps && end - begin > best.end - best.begin) {
                best = {begin, end};
                loop_steps_ = *steps;
            }
            begin = std::max(end - (steps ? 1U : 0U), begin + 1);
        }
        return best;
    }

    std::optional<Draft> assemble(const StepRange& loop) {
        result_ = draft_;
        result_.steps.assign(draft_.steps.begin(),
                             draft_.steps.begin() + static_cast<std::ptrdiff_t>(group_.first));
        for (const Layer& layer : layers_) {
            if (layer.keeps && &layer != &layers_.back())
                kept_[result_of(layer)] = result_.add_buffer(bytes_of_rows(layer, layer.capacity));
        }
        size_t border = 0;
        for (size_t i = 0; i < rounds_.size(); ++i) {
            if (loop.holds(i) && i != loop.begin) continue;
            const bool is_loop = i == loop.begin;
            if (!is_loop) border += rounds_[i].size();
            if (!append(rounds_[i], is_loop ? loop.end - loop.begin : 1)) return std::nullopt;
        }
        if (border > kMostBorderOperations) return std::nullopt;
        result_.steps.insert(result_.steps.end(),
                             draft_.steps.begin() + static_cast<std::ptrdiff_t>(group_.last) + 1,
                             draft_.steps.end());
        overwrite();
        return std::move(result_);
    }

    /// Adds a round, as a loop where it has several turns.
    bool append(const Round& round, size_t turns) {
        if (turns > 1) {
            RepeatOp repeat{};
            repeat.header = {OpKind::repeat, sizeof repeat};
            repeat.operation_count = static_cast<uint16_t>(round.size());
            repeat.turns = static_cast<uint16_t>(turns);
            LayerReport report{};
            report.operation = "repeat";
            report.output_shape = {static_cast<uint32_t>(turns)};
            result_.steps.push_back({repeat, report, {}, {}, true});
        }
        std::map<uint32_t, uint32_t> fresh;  // buffers of this round only
        size_t moves = 0;
        for (size_t i = 0; i < round.size(); ++i) {
            Step step = round[i].step;
            step.layer.turns = static_cast<uint32_t>(turns);
            step.is_by_rows = true;
            if (turns > 1) moves += set_steps(step, loop_steps_[i]);
            const Scratch scratch = scratch_of(step.operation);
            for (const ArenaUse& use : arena_uses(step.operation)) {
                if (use.offset == scratch.offset || is_outside(round[i], *use.offset)) continue;
                *use.offset = buffer_for(*use.offset, fresh);
            }
            result_.add_scratch(step.operation);
            if (!seen_.insert(round[i].layer).second || round[i].is_move)
                step.layer.constant_bytes = 0;
            result_.steps.push_back(std::move(step));
        }
        return moves <= RepeatOp::kMostMoves;
    }

    /// Returns how many places move.
    static size_t set_steps(Step& step, const std::vector<uint32_t>& steps) {
        const std::vector<BufferUse> uses = uses_of(step);
        size_t moves = 0;
        size_t reads = 0;
        for (size_t i = 0; i < uses.size(); ++i) {
            if (uses[i].is_scratch) continue;
            Shift& shift = uses[i].writes ? step.write : step.reads[reads++];
            shift.step = steps[i];
            moves += steps[i] != 0;
        }
        return moves;
    }

    uint32_t buffer_for(uint32_t original, std::map<uint32_t, uint32_t>& fresh) {
        if (const auto kept = kept_.find(original); kept != kept_.end()) return kept->second;
        const auto [entry, is_new] = fresh.try_emplace(original, 0);
        if (is_new) {
            const auto layer = std::find_if(layers_.begin(), layers_.end(), [&](const Layer& each) {
                return result_of(each) == original;
            });
            entry->second = result_.add_buffer(bytes_of_rows(*layer, layer->capacity));
        }
        return entry->second;
    }

    /// Lets the result overwrite a tensor that only this group still needs.
    void overwrite() {
        const Layer& last = layers_.back();
        const auto* op = &draft_.steps[last.step].operation;
        const std::vector<BufferUse> uses = uses_of(draft_.steps[last.step]);
        const bool reads_outside =
            std::find(last.sources.begin(), last.sources.end(), std::nullopt) != last.sources.end();
        const bool in_any_order = in_place_lead(*op) == std::optional(0U);
        for (const auto& [source, lead] : leads_) {
            const uint32_t source_buffer = source;
            const bool free =
                !draft_.is_output(source) && !draft_.is_state(source) &&
                std::none_of(draft_.steps.begin() + static_cast<std::ptrdiff_t>(group_.last) + 1,
                             draft_.steps.end(), [&](const Step& step) {
                                 const auto list = uses_of(step);
                                 return std::any_of(list.begin(), list.end(),
                                                    [&](const BufferUse& use) {
                                                        return use.buffer == source_buffer;
                                                    });
                             });
            // An elementwise last operation may read it too, but only at the very same place.
            const bool reads_it = std::any_of(uses.begin(), uses.end(), [&](const BufferUse& use) {
                return !use.writes && use.buffer == source_buffer;
            });
            const bool same_place = lead == 0 && in_any_order;
            if (!free || (reads_outside && reads_it && !same_place)) continue;
            result_.over[uses.back().buffer] = {source, round_up_to_4(static_cast<uint32_t>(lead))};
            return;
        }
    }

    const Draft& draft_;
    RowGroup group_;
    std::vector<Layer> layers_;
    std::vector<Round> rounds_;
    std::map<uint32_t, int64_t> leads_;  // tensor outside the group -> bytes
    RoundSteps loop_steps_;
    Draft result_;
    std::map<uint32_t, uint32_t> kept_;  // result -> buffer whose rows stay
    std::set<size_t> seen_;              // layers whose constants have been counted
};

}  // namespace

std::optional<Draft> by_rows(const Draft& draft, const RowGroup& group) {
    return Grouping(draft, group).run();
}

}  // namespace ganglion::compile
