#include "compile/lower.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "compile/borders.hpp"
#include "compile/interleave.hpp"
#include "compile/operators.hpp"
#include "compile/pack.hpp"
#include "compile/passes/remove_channels.hpp"
#include "compile/place.hpp"
#include "compile/plan.hpp"
#include "compile/spare_copies.hpp"
#include "compile/variables.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using model::Tensor;

constexpr FoldedPad kNoPad{-1, 0, 0};

/// The pass over one graph. Until plan() the arena fields of operations hold buffer numbers: tensor
/// numbers, then scratch buffers.
class Lowering {
  public:
    Lowering(const Graph& graph, const Target& target)
        : graph_(graph), target_(target), buffer_of_(graph.tensors.size()) {
        for (size_t i = 0; i < graph.tensors.size(); ++i) {
            buffer_of_[i] = static_cast<uint32_t>(i);
            bytes_.push_back(arena_bytes(graph.tensors[i]));
        }
    }

    Lowered run(const Target& target) {
        check_operators();
        check_borders(graph_);
        make_variables();
        find_foldable_pads();
        for (size_t i = 0; i < graph_.operators.size(); ++i) lower_one(i);
        for (int32_t input : graph_.inputs) inputs_.push_back(buffer_of_[input]);
        for (int32_t output : graph_.outputs) outputs_.push_back(buffer_of_[output]);
        std::vector<uint32_t> borders = inputs_;
        borders.insert(borders.end(), outputs_.begin(), outputs_.end());
        spare_copies({lowered_.operations, lowered_.report.layers, bytes_, states_, borders});
        share_in_place();
        plan(target);
        return std::move(lowered_);
    }

  private:
    /// First of all, so that the reader of the error learns of the operator and not of its
    /// consequences.
    void check_operators() {
        for (size_t i = 0; i < graph_.operators.size(); ++i) {
            const OperatorCode code = graph_.operators[i].code;
            if (only_renames(code) || concerns_variables(code) || moves_of(code) != nullptr ||
                lowering_of(code) != nullptr) {
                continue;
            }
            Place(graph_, i, constants_, kNoPad)
                .fail("this operator is not supported; " + advice_for(code));
        }
    }

    /// Each variable gets a buffer of its own.
    void make_variables() {
        variables_ = find_variables(graph_);
        for (const Variable& variable : variables_.list) {
            states_.push_back({static_cast<uint32_t>(bytes_.size()), variable.initial});
            bytes_.push_back(static_cast<uint32_t>(variable.initial.size()));
        }
    }

    bool is_output(uint32_t buffer) const {
        return std::find(outputs_.begin(), outputs_.end(), buffer) != outputs_.end();
    }

    bool is_state(uint32_t buffer) const {
        return std::any_of(states_.begin(), states_.end(),
                           [&](const StateBuffer& state) { return state.buffer == buffer; });
    }

    /// A PAD that only one convolution reads costs nothing there: taps outside the image count as
    /// zero anyway.
    void find_foldable_pads() {
        std::vector<int> readers(graph_.tensors.size());
        for (const auto& op : graph_.operators) {
            for (int32_t input : op.inputs) {
                if (input >= 0) ++readers[input];
            }
        }
        for (int32_t output : graph_.outputs) ++readers[output];
        std::map<int32_t, size_t> pads;  // padded tensor -> operator
        for (size_t i = 0; i < graph_.operators.size(); ++i) {
            const auto& op = graph_.operators[i];
            if (op.code == OperatorCode::pad && op.outputs.size() == 1 &&
                readers[op.outputs[0]] == 1) {
                pads[op.outputs[0]] = i;
            }
            if (!is_convolution(op.code) || op.inputs.empty()) continue;
            const auto pad = pads.find(op.inputs[0]);
            if (pad == pads.end()) continue;
            const Place place(graph_, pad->second, constants_, kNoPad);
            const auto& before = place.int8_input(0);
            const auto& after = place.int8_output();
            if (before.quantization.scales != after.quantization.scales ||
                zero_point(before) != zero_point(after)) {
                continue;
            }
            (void)lower_pad(place);  // checks its shapes
            const ImagePadding padding = image_padding(place);
            folded_[i] = {place.input_number(0), padding.top, padding.left};
            skipped_.push_back(pad->second);
        }
    }

    void lower_one(size_t index) {
        const auto folded = folded_.find(index);
        const FoldedPad& pad = folded == folded_.end() ? kNoPad : folded->second;
        const Place place(graph_, index, constants_, pad);
        if (std::find(skipped_.begin(), skipped_.end(), index) != skipped_.end()) return;
        if (only_renames(place.op().code)) {
            if (place.int8_input(0).elements() != place.int8_output().elements()) {
                place.fail("input and output differ in size");
            }
            buffer_of_[place.output_number()] = buffer_of_[place.input_number(0)];
            return;
        }
        if (concerns_variables(place.op().code)) return lower_variable(place);
        if (const LowerMoves moves = moves_of(place.op().code)) {
            const size_t before = constants_.bytes().size();
            for (Operation& operation : moves(place)) append(place, operation, before);
            return;
        }
        const size_t constants_before = constants_.bytes().size();
        Operation operation = lowering_of(place.op().code)(place);
        if (target_.packs_weights || target_.interleaves_weights)
            pack_one(operation, constants_before);
        append(place, operation, constants_before);
    }

    /// READ_VARIABLE and ASSIGN_VARIABLE as copies, most of which are spared later.
    void lower_variable(const Place& place) {
        const bool reads = place.op().code == OperatorCode::read_variable;
        if (!reads && place.op().code != OperatorCode::assign_variable) return;
        const auto variable =
            variables_.of_handle.find(place.has_input(0) ? place.input_number(0) : -1);
        if (variable == variables_.of_handle.end()) place.fail("its variable has no VAR_HANDLE");
        const Tensor& value = reads ? place.int8_output() : place.int8_input(1);
        const StateBuffer& state = states_[variable->second];
        if (value.elements() != static_cast<int64_t>(state.initial.size()))
            place.fail("'" + value.name + "' and the variable's initial value differ in size");
        CopyOp copy{};
        copy.header = {OpKind::copy, sizeof copy};
        copy.rows = 1;
        copy.bytes = static_cast<uint32_t>(state.initial.size());
        const auto tensor =
            static_cast<uint32_t>(reads ? place.output_number() : place.input_number(1));
        copy.input = reads ? state.buffer : tensor;
        copy.output = reads ? tensor : state.buffer;
        Operation operation = copy;
        append(place, operation, constants_.bytes().size());
    }

    /// Adds an operation whose arena fields hold tensor numbers, and its line of the report.
    void append(const Place& place, Operation& operation, size_t constants_before) {
        if (const Scratch scratch = scratch_of(operation); scratch.offset != nullptr) {
            *scratch.offset = scratch.bytes == 0 ? 0 : static_cast<uint32_t>(bytes_.size());
            if (scratch.bytes != 0) bytes_.push_back(scratch.bytes);
        }
        for (const ArenaUse& use : arena_uses(operation)) {
            if (*use.offset < buffer_of_.size()) *use.offset = buffer_of_[*use.offset];
        }
        LayerReport layer{};
        layer.operation = kernel_name(header_of(operation).kind);
        const auto* copy = std::get_if<CopyOp>(&operation);
        if (copy != nullptr) {
            layer.output_shape = {copy->rows, copy->bytes};
        } else {
            layer.output_shape.assign(place.output().shape.begin(), place.output().shape.end());
        }
        layer.macs = macs_of(operation);
        layer.constant_bytes = static_cast<uint32_t>(constants_.bytes().size() - constants_before);
        layer.output_bytes =
            copy != nullptr ? copy->rows * copy->bytes : bytes_[place.output_number()];
        lowered_.report.layers.push_back(std::move(layer));
        lowered_.operations.push_back(operation);
    }

    /// Replaces an operation, the last user of constants from `begin` on, by its form
    /// for the target.
    void pack_one(Operation& operation, size_t begin) {
        begin = round_up_to_4(static_cast<uint32_t>(begin));
        const auto lay_out = target_.interleaves_weights ? interleave : pack;
        auto packed = lay_out(operation, constants_.bytes(), static_cast<uint32_t>(begin));
        if (!packed) return;
        constants_.truncate(begin);
        constants_.add(std::span<const uint8_t>(packed->records));
        operation = packed->operation;
    }

    /// Operation that reads or writes a buffer last; -1: none.
    int32_t last_use(uint32_t buffer) {
        for (size_t i = lowered_.operations.size(); i-- > 0;) {
            for (const ArenaUse& use : arena_uses(lowered_.operations[i])) {
                if (*use.offset == buffer) return static_cast<int32_t>(i);
            }
        }
        return -1;
    }

    /// Operation that reads or writes a buffer first, which is some operation's result.
    int32_t first_use(uint32_t buffer) {
        for (size_t i = 0; i < lowered_.operations.size(); ++i) {
            for (const ArenaUse& use : arena_uses(lowered_.operations[i])) {
                if (*use.offset == buffer) return static_cast<int32_t>(i);
            }
        }
        return -1;
    }

    /// Operations write over an input that nobody needs afterwards where they can.
    void share_in_place() {
        for (size_t i = 0; i < lowered_.operations.size(); ++i) {
            const auto lead = in_place_lead(lowered_.operations[i]);
            if (!lead) continue;
            const auto uses = arena_uses(lowered_.operations[i]);
            const uint32_t result = *uses.back().offset;
            if (is_state(result) || first_use(result) != static_cast<int32_t>(i)) continue;
            for (size_t k = 0; k + 1 < uses.size(); ++k) {
                if (uses[k].writes) continue;  // scratch
                const uint32_t source = *uses[k].offset;
                const bool free = last_use(source) == static_cast<int32_t>(i) &&
                                  !is_output(source) && !is_state(source);
                if (!free || source == result) continue;
                over_[result] = {source, *lead};
                break;
            }
        }
    }

    /// Gives every used buffer its place and writes the offsets into the operations.
    void plan(const Target& target) {
        const auto count = static_cast<int32_t>(lowered_.operations.size());
        std::map<uint32_t, size_t> number;  // buffer -> index in `buffers`
        std::vector<Buffer> buffers;
        const std::map<uint32_t, uint32_t> state_offsets = place_states();
        const auto use_at = [&](uint32_t buffer, int32_t time) {
            if (state_offsets.count(buffer) != 0) return;
            const auto [entry, is_new] = number.try_emplace(buffer, buffers.size());
            if (is_new) buffers.push_back({bytes_[buffer], time, time});
            buffers[entry->second].last = std::max(buffers[entry->second].last, time);
        };
        for (uint32_t input : inputs_) use_at(input, 0);
        for (int32_t i = 0; i < count; ++i) {
            for (const ArenaUse& use : arena_uses(lowered_.operations[i])) use_at(*use.offset, i);
        }
        for (uint32_t output : outputs_) use_at(output, count);
        for (const auto& [result, over] : over_) {
            buffers[number.at(result)].over = static_cast<int32_t>(number.at(over.source));
            buffers[number.at(result)].lead = over.lead;
        }

        const Plan plan = plan_memory(buffers);
        const auto offset_of = [&](uint32_t buffer) {
            const auto state = state_offsets.find(buffer);
            return state != state_offsets.end()
                       ? state->second
                       : lowered_.state_bytes + plan.offsets[number.at(buffer)];
        };
        for (size_t i = 0; i < lowered_.operations.size(); ++i) {
            const auto uses = arena_uses(lowered_.operations[i]);
            for (const ArenaUse& use : uses) *use.offset = offset_of(*use.offset);
            const auto* copy = std::get_if<CopyOp>(&lowered_.operations[i]);
            lowered_.report.layers[i].output_offset =
                *uses.back().offset + (copy == nullptr ? 0 : copy->output_begin);
        }
        for (const StateBuffer& state : states_)
            lowered_.reset.push_back(initial_value(state, state_offsets.at(state.buffer)));
        for (size_t i = 0; i < inputs_.size(); ++i)
            lowered_.inputs.push_back(
                border_of(graph_.tensors[graph_.inputs[i]], offset_of(inputs_[i])));
        for (size_t i = 0; i < outputs_.size(); ++i)
            lowered_.outputs.push_back(
                border_of(graph_.tensors[graph_.outputs[i]], offset_of(outputs_[i])));
        lowered_.constants = constants_.bytes();

        Report& report = lowered_.report;
        report.target = target.name;
        report.constant_bytes = static_cast<uint32_t>(lowered_.constants.size());
        report.state_bytes = lowered_.state_bytes;
        report.arena_bytes = lowered_.state_bytes + plan.arena_bytes;
        report.arena_lower_bound = lowered_.state_bytes + plan.lower_bound;
        for (const LayerReport& layer : report.layers) report.macs += layer.macs;
    }

    /// The states lie one after another at the arena's start.
    std::map<uint32_t, uint32_t> place_states() {
        std::map<uint32_t, uint32_t> offsets;
        uint64_t end = 0;
        for (const StateBuffer& state : states_) {
            offsets[state.buffer] = static_cast<uint32_t>(end);
            end += (uint64_t{bytes_[state.buffer]} + 3) / 4 * 4;
            if (end > (1U << 28)) throw std::runtime_error("the model's state is beyond 256 MiB");
        }
        lowered_.state_bytes = static_cast<uint32_t>((end + 15) / 16 * 16);
        return offsets;
    }

    Operation initial_value(const StateBuffer& state, uint32_t offset) {
        const auto count = static_cast<uint32_t>(state.initial.size());
        const uint8_t first = state.initial[0];
        if (std::count(state.initial.begin(), state.initial.end(), first) ==
            static_cast<std::ptrdiff_t>(count)) {
            return FillOp{
                {OpKind::fill, sizeof(FillOp)}, count, offset, static_cast<int8_t>(first)};
        }
        return LoadConstantsOp{{OpKind::load_constants, sizeof(LoadConstantsOp)},
                               count,
                               offset,
                               constants_.add(std::span<const uint8_t>(state.initial))};
    }

    const Graph& graph_;
    const Target& target_;
    std::vector<uint32_t> buffer_of_;  // tensor -> buffer: renamed tensors share one
    std::vector<uint32_t> bytes_;      // of each buffer
    std::map<size_t, FoldedPad> folded_;
    std::vector<size_t> skipped_;
    Variables variables_;
    std::vector<StateBuffer> states_;
    Constants constants_;
    /// An operation's result that overwrites its source, beginning `lead` bytes before it.
    struct Over {
        uint32_t source, lead;
    };
    std::map<uint32_t, Over> over_;
    std::vector<uint32_t> inputs_, outputs_;  // buffers at the border
    Lowered lowered_{};
};

}  // namespace

Lowered lower(const Graph& graph, const Target& target) {
    model::validate(graph);
    const Graph reduced = remove_channels(with_quantized_borders(graph));
    return Lowering(reduced, target).run(target);
}

}  // namespace ganglion::compile
