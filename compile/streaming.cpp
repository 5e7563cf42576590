#include "compile/streaming.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "compile/bands.hpp"

namespace ganglion::compile {
namespace {

/// A tensor whose rows follow the frames. Rows are counted in the window of this run.
struct Flow {
    int32_t rows;
    uint32_t row_bytes;
    int32_t fresh;               ///< rows that a run moves on by
    Rows interior;               ///< do not depend on where the window ends
    bool is_collected = false;   ///< somebody needs all rows
    int32_t top = 0;             ///< rows from the first that are needed
    int32_t bottom = INT32_MAX;  ///< from here on rows are needed up to the last
    int32_t computed = 0;        ///< from here on the needed rows at the end are computed
    uint32_t top_buffer = 0, bottom_buffer = 0, history = 0;

    bool is_whole() const { return bottom == 0; }
    int32_t kept() const { return computed - bottom; }
    uint32_t bytes(int32_t count) const { return static_cast<uint32_t>(count) * row_bytes; }
};

enum class Part : uint8_t { top, bottom };

class Streaming {
  public:
    Streaming(Draft& draft, uint32_t fresh)
        : draft_(draft), old_(draft.steps), fresh_(static_cast<int32_t>(fresh)) {}

    Frames run() {
        begin();
        for (size_t i = 0; i < old_.size(); ++i) follow(i);
        if (streamed_.empty()) fail(0, "does not go frame by frame");
        for (size_t i = 0; i < old_.size(); ++i) collect(i);
        for (size_t i = old_.size(); i-- > 0;) demand(i);
        place_input();
        draft_.steps.clear();
        emit();
        return {static_cast<uint32_t>(flows_.at(input_).rows), static_cast<uint32_t>(fresh_)};
    }

  private:
    [[noreturn]] void fail(size_t index, const std::string& why) const {
        throw std::runtime_error("no streaming: operation " + std::to_string(index) + " (" +
                                 old_[index].layer.operation + ") " + why);
    }

    void begin() {
        if (!draft_.states.empty())
            throw std::runtime_error(
                "no streaming: the model keeps a state of its own; run it as it is");
        if (draft_.inputs.size() != 1)
            throw std::runtime_error("no streaming: the model has " +
                                     std::to_string(draft_.inputs.size()) +
                                     " inputs; one, of frames, is supported");
        if (old_.empty()) throw std::runtime_error("no streaming: the model computes nothing");
        input_ = draft_.inputs[0].buffer;
        for (size_t i = 0; i < old_.size(); ++i) {
            const auto uses = uses_of(old_[i]);
            if (uses.empty() || uses[0].buffer != input_) continue;
            const auto slide = row_slide(old_[i]);
            if (!slide || slide->in < 2) fail(i, "does not go frame by frame");
            if (fresh_ < 1 || fresh_ >= slide->in) {
                throw std::runtime_error("no streaming: " + std::to_string(fresh_) +
                                         " new frames of a window of " + std::to_string(slide->in) +
                                         "; ask for 1 to " + std::to_string(slide->in - 1));
            }
            flows_[input_] = {slide->in, slide->in_bytes, fresh_, {0, slide->in}};
            return;
        }
        throw std::runtime_error("no streaming: nothing reads the input");
    }

    /// The flows that a step reads; empty where it does not go by their rows.
    std::vector<Flow*> sources(const Step& step, const RowSlide& slide) {
        std::vector<Flow*> list;
        for (const BufferUse& use : uses_of(step)) {
            if (use.is_scratch || use.writes) continue;
            const auto flow = flows_.find(use.buffer);
            if (flow == flows_.end() || flow->second.rows != slide.in ||
                flow->second.row_bytes != slide.in_bytes) {
                return {};
            }
            list.push_back(&flow->second);
        }
        return list;
    }

    /// What a step's result knows of the frames, where it goes by rows and some of them stay.
    void follow(size_t index) {
        const Step& step = old_[index];
        const auto slide = row_slide(step);
        if (!slide || !sees_image(*slide, {0, slide->out})) return;
        const std::vector<Flow*> from = sources(step, *slide);
        if (from.empty()) return;
        const uint32_t result = uses_of(step).back().buffer;
        if (draft_.bytes[result] != static_cast<uint32_t>(slide->out) * slide->out_bytes) return;
        Rows inside = from[0]->interior;
        for (const Flow* flow : from) {
            if (flow->fresh != from[0]->fresh) return;
            inside = {std::max(inside.first, flow->interior.first),
                      std::min(inside.end, flow->interior.end)};
        }
        const int32_t reach = (slide->kernel - 1) * slide->dilation;
        const int32_t last = inside.end - 1 - reach + slide->pad;
        const Rows interior{(inside.first + slide->pad + slide->stride - 1) / slide->stride,
                            last < 0 ? 0 : std::min(last / slide->stride + 1, slide->out)};
        const int32_t fresh = from[0]->fresh / slide->stride;
        const bool divides = from[0]->fresh % slide->stride == 0;
        if (interior.count() < std::max(fresh, 1)) return;
        if (!divides) {
            fail(index, "moves on by " + std::to_string(slide->stride) + " of " +
                            std::to_string(from[0]->fresh) + " new rows; ask for " +
                            std::to_string(fresh_ * slide->stride) + " new frames, or a multiple");
        }
        flows_[result] = {slide->out, slide->out_bytes, fresh, interior};
        streamed_.insert(index);
    }

    /// What others, or the program's reader, need as a whole.
    void collect(size_t index) {
        if (streamed_.count(index) != 0) return;
        for (const BufferUse& use : uses_of(old_[index])) {
            if (const auto flow = flows_.find(use.buffer); !use.writes && flow != flows_.end())
                flow->second.is_collected = true;
        }
    }

    /// Which rows a step computes at each run, and what it needs for them.
    void demand(size_t index) {
        if (streamed_.count(index) == 0) return;
        Flow& flow = flows_.at(uses_of(old_[index]).back().buffer);
        if (draft_.is_output(uses_of(old_[index]).back().buffer)) flow.is_collected = true;
        const int32_t newest = flow.interior.end - flow.fresh;
        if (flow.is_collected) {
            flow.top = flow.interior.first;
            flow.bottom = flow.computed = newest;
        } else {
            const bool reuses = flow.bottom >= flow.interior.first && flow.bottom <= newest;
            flow.computed = reuses ? newest : flow.bottom;
            if (flow.top > flow.computed) flow.bottom = flow.computed = flow.top = 0;
        }
        const RowSlide slide = *row_slide(old_[index]);
        for (Flow* source : sources(old_[index], slide)) {
            if (flow.top > 0) {
                source->top = std::max(
                    source->top, std::min(needed_rows(slide, {0, flow.top}).end, source->rows));
            }
            const int32_t first = needed_rows(slide, {flow.computed, flow.rows}).first;
            source->bottom = std::min(source->bottom, std::max(first, 0));
        }
    }

    void add_state(uint32_t buffer) {
        draft_.states.push_back({buffer, std::vector<uint8_t>(draft_.bytes[buffer])});
    }

    uint32_t new_state(uint32_t bytes) {
        const uint32_t buffer = draft_.add_buffer(bytes);
        add_state(buffer);
        return buffer;
    }

    /// The window's frames, or the last of them that are needed, are state; new ones come at the
    /// end.
    void place_input() {
        Flow& flow = flows_.at(input_);
        if (flow.is_collected || flow.top > 0) flow.bottom = 0;
        flow.bottom = std::min(flow.bottom, flow.rows - fresh_);
        flow.top_buffer = flow.bottom_buffer = input_;
        draft_.bytes[input_] = flow.bytes(flow.rows - flow.bottom);
        draft_.inputs[0].begin = flow.bytes(flow.rows - flow.bottom - fresh_);
        add_state(input_);
    }

    void add_buffers(uint32_t result) {
        Flow& flow = flows_.at(result);
        if (flow.is_collected) {
            flow.top_buffer = flow.bottom_buffer = result;
            add_state(result);
            return;
        }
        flow.bottom_buffer = draft_.add_buffer(flow.bytes(flow.rows - flow.bottom));
        flow.top_buffer =
            flow.top > 0 ? draft_.add_buffer(flow.bytes(flow.top)) : flow.bottom_buffer;
        if (flow.kept() > 0) flow.history = new_state(flow.bytes(flow.kept()));
    }

    /// Row at the start of the buffer that holds a part.
    int32_t base_of(uint32_t buffer, const Flow& flow, Part part) const {
        const bool is_full = flow.is_collected && buffer != input_;
        return part == Part::top || is_full ? 0 : flow.bottom;
    }

    /// True where no part at the upper end needs rows that this run computes at the lower one.
    bool parts_are_apart() const {
        return std::all_of(flows_.begin(), flows_.end(), [&](const auto& entry) {
            const Flow& flow = entry.second;
            if (entry.first == input_) return true;
            return !flow.is_whole() &&
                   (!flow.is_collected || demanded_top(entry.first) <= flow.computed);
        });
    }

    int32_t demanded_top(uint32_t buffer) const {
        int32_t most = 0;
        for (size_t index : streamed_) {
            const Step& step = old_[index];
            const Flow& flow = flows_.at(uses_of(step).back().buffer);
            if (flow.top == 0) continue;
            for (const BufferUse& use : uses_of(step)) {
                if (use.buffer == buffer && !use.writes)
                    most = std::max(most, needed_rows(*row_slide(step), {0, flow.top}).end);
            }
        }
        return most;
    }

    /// All upper parts first, so that only one part's buffers are needed at once, where that goes.
    void emit() {
        for (size_t index : streamed_) add_buffers(uses_of(old_[index]).back().buffer);
        if (parts_are_apart()) {
            for (size_t index : streamed_) emit_top(index);
            for (size_t index : streamed_) emit_bottom(index);
        } else {
            for (size_t index : streamed_) {
                emit_top(index);
                emit_bottom(index);
            }
        }
        for (size_t i = 0; i < old_.size(); ++i) {
            if (streamed_.count(i) == 0) draft_.steps.push_back(old_[i]);
        }
        const Flow& input = flows_.at(input_);
        copy({input_, input.bytes(fresh_)}, {input_, 0},
             input.bytes(input.rows - input.bottom - fresh_));
    }

    void emit_top(size_t index) {
        const Flow& flow = flows_.at(uses_of(old_[index]).back().buffer);
        if (flow.top > 0) compute(index, {0, flow.top}, Part::top);
    }

    void emit_bottom(size_t index) {
        const uint32_t result = uses_of(old_[index]).back().buffer;
        const Flow& flow = flows_.at(result);
        const int32_t reused = flow.computed - flow.interior.first;
        if (flow.is_collected && reused > 0) {
            copy({result, flow.bytes(flow.interior.first + flow.fresh)},
                 {result, flow.bytes(flow.interior.first)}, flow.bytes(reused));
        }
        const bool has_history = !flow.is_collected && flow.kept() > 0;
        if (has_history) copy({flow.history, 0}, {flow.bottom_buffer, 0}, flow.bytes(flow.kept()));
        compute(index, {flow.computed, flow.rows}, Part::bottom);
        if (has_history) {
            copy({flow.bottom_buffer, flow.bytes(flow.fresh)}, {flow.history, 0},
                 flow.bytes(flow.kept()));
        }
    }

    void compute(size_t index, const Rows& out, Part part) {
        const RowSlide slide = *row_slide(old_[index]);
        Step step = old_[index];
        step.operation = band_of(step.operation, slide, out);
        step.is_by_rows = true;
        const int32_t first = std::max(needed_rows(slide, out).first, 0);
        size_t reads = 0;
        const Scratch scratch = scratch_of(step.operation);
        for (const ArenaUse& use : arena_uses(step.operation)) {
            if (use.offset == scratch.offset) continue;
            const uint32_t original = *use.offset;
            const Flow& flow = flows_.at(original);
            const int32_t base = base_of(original, flow, part);
            *use.offset = part == Part::top ? flow.top_buffer : flow.bottom_buffer;
            if (use.writes) {
                step.write.begin = flow.bytes(out.first - base);
            } else {
                step.reads[reads++].begin = flow.bytes(first - base);
            }
        }
        draft_.add_scratch(step.operation);
        step.layer.macs = macs_of(step.operation);
        step.layer.output_bytes = static_cast<uint32_t>(out.count()) * slide.out_bytes;
        if (step.layer.output_shape.size() == 4)
            step.layer.output_shape[1] = static_cast<uint32_t>(out.count());
        if (!counted_.insert(index).second) step.layer.constant_bytes = 0;
        draft_.steps.push_back(std::move(step));
    }

    struct From {
        uint32_t buffer, begin;
    };

    void copy(const From& from, const From& to, uint32_t bytes) {
        if (bytes == 0) return;
        CopyOp op{};
        op.header = {OpKind::copy, sizeof op};
        op.rows = 1;
        op.bytes = bytes;
        op.input = from.buffer;
        op.output = to.buffer;
        op.input_begin = from.begin;
        op.output_begin = to.begin;
        LayerReport report{};
        report.operation = "copy";
        report.output_shape = {1, bytes};
        report.output_bytes = bytes;
        draft_.steps.push_back({op, report, {}, {}, true});
    }

    Draft& draft_;
    std::vector<Step> old_;
    int32_t fresh_;
    uint32_t input_ = 0;
    std::map<uint32_t, Flow> flows_;
    std::set<size_t> streamed_;  // steps that compute rows only
    std::set<size_t> counted_;   // whose constants have been counted
};

}  // namespace

Frames stream_frames(Draft& draft, uint32_t fresh) {
    return Streaming(draft, fresh).run();
}

}  // namespace ganglion::compile
