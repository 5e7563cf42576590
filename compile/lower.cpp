#include "compile/lower.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "compile/arena.hpp"
#include "compile/borders.hpp"
#include "compile/box.hpp"
#include "compile/cost/cost.hpp"
#include "compile/draft.hpp"
#include "compile/fold_pads.hpp"
#include "compile/fuse_lookup.hpp"
#include "compile/int4.hpp"
#include "compile/interleave.hpp"
#include "compile/memory_map.hpp"
#include "compile/operators.hpp"
#include "compile/pack.hpp"
#include "compile/pair.hpp"
#include "compile/pair_outputs.hpp"
#include "compile/passes/fold_constants.hpp"
#include "compile/passes/only_class.hpp"
#include "compile/passes/remove_channels.hpp"
#include "compile/place.hpp"
#include "compile/save_ram.hpp"
#include "compile/spare_copies.hpp"
#include "compile/streaming.hpp"
#include "compile/variables.hpp"

namespace ganglion::compile {
namespace {

using model::Graph;
using model::OperatorCode;
using model::Tensor;

/// The pass over one graph. Until plan() the arena fields of operations hold buffer numbers: tensor
/// numbers, then scratch buffers.
class Lowering {
  public:
    Lowering(const Graph& graph, const Target& target, const CompileOptions& options)
        : graph_(graph),
          target_(target),
          options_(options),
          readers_(graph.tensors.size()),
          buffer_of_(graph.tensors.size()) {
        for (size_t i = 0; i < graph.tensors.size(); ++i) {
            buffer_of_[i] = static_cast<uint32_t>(i);
            draft_.bytes.push_back(arena_bytes(graph.tensors[i]));
        }
    }

    Lowered run() {
        check_operators();
        check_borders(graph_);
        make_variables();
        count_readers();
        pads_ = fold_pads(graph_, readers_, constants_);
        for (size_t i = 0; i < graph_.operators.size(); ++i) lower_one(i);
        for (int32_t input : graph_.inputs) draft_.inputs.push_back({buffer_of_[input]});
        for (int32_t output : graph_.outputs) draft_.outputs.push_back({buffer_of_[output]});
        if (options_.spares_copies) spare_copies(draft_);
        if (options_.new_frames != 0) frames_ = stream_frames(draft_, options_.new_frames);
        // Where weights are interleaved there is a cache and no lack of RAM.
        if (options_.ram_bytes || !target_.interleaves_weights)
            save_ram(draft_, options_.ram_bytes);
        if (options_.overwrites_inputs) share_in_place(draft_);
        finish();
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
            draft_.states.push_back({static_cast<uint32_t>(draft_.bytes.size()), variable.initial});
            draft_.bytes.push_back(static_cast<uint32_t>(variable.initial.size()));
        }
        // States of LSTM and SVDF layers: tensors of their own, real 0 before the first run.
        for (const auto& op : graph_.operators) {
            for (int32_t input : op.inputs) {
                if (input < 0 || !graph_.tensors[input].is_variable ||
                    draft_.is_state(static_cast<uint32_t>(input))) {
                    continue;
                }
                const Tensor& tensor = graph_.tensors[input];
                const int32_t zero =
                    tensor.type == model::TensorType::int8 ? zero_point(tensor) : 0;
                draft_.states.push_back(
                    {static_cast<uint32_t>(input),
                     std::vector<uint8_t>(arena_bytes(tensor), static_cast<uint8_t>(zero))});
            }
        }
    }

    /// The model's outputs are read once more.
    void count_readers() {
        for (const auto& op : graph_.operators) {
            for (int32_t input : op.inputs) {
                if (input >= 0) ++readers_[input];
            }
        }
        for (int32_t output : graph_.outputs) ++readers_[output];
    }

    void lower_one(size_t index) {
        if (pads_.gone.count(index) != 0) return;
        const auto folded = pads_.of_reader.find(index);
        const Place place(graph_, index, constants_,
                          folded == pads_.of_reader.end() ? kNoPad : folded->second);
        if (only_renames(place.op().code)) {
            (void)moved_bytes(place, place.input(0), place.output());  // checks their types
            if (place.input(0).elements() != place.output().elements())
                place.fail("input and output differ in size");
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
        const Lower lowers =
            takes_int16(place) ? int16_lowering_of(place.op().code) : lowering_of(place.op().code);
        if (lowers == nullptr) {
            place.fail(
                "this operator is not supported on int16; put a QUANTIZE to int8 before it and "
                "one back behind it, or quantize the whole model to int8");
        }
        Operation operation = lowers(place);
        if (options_.fuses_functions && fuse(place, operation, constants_before)) return;
        if (options_.lays_out_weights) pack_one(operation, constants_before);
        append(place, operation, constants_before);
    }

    /// True where a lookup, the last user of constants from `begin` on, became part of the step
    /// whose result it alone reads.
    bool fuse(const Place& place, const Operation& operation, size_t begin) {
        const auto* lookup = std::get_if<LookupOp>(&operation);
        if (lookup == nullptr) return false;
        const uint32_t source = buffer_of_[lookup->input];
        for (size_t i = 0; i < buffer_of_.size(); ++i) {
            if (buffer_of_[i] == source && (readers_[i] > 1 || is_border(i))) return false;
        }
        Step* writer = nullptr;
        for (Step& step : draft_.steps) {
            if (*arena_uses(step.operation).back().offset != source) continue;
            if (writer != nullptr) return false;
            writer = &step;
        }
        LookupTable table{};
        std::copy_n(constants_.bytes().begin() + lookup->table, table.size(), table.begin());
        if (writer == nullptr || !fuse_lookup(writer->operation, table, constants_.bytes()))
            return false;
        constants_.truncate(begin);
        *arena_uses(writer->operation).back().offset = buffer_of_[place.output_number()];
        const Tensor& output = place.output();
        writer->layer.tensor = output.name;
        writer->layer.output_shape.assign(output.shape.begin(), output.shape.end());
        return true;
    }

    bool is_border(size_t tensor) const {
        const auto has = [&](const std::vector<int32_t>& list) {
            return std::find(list.begin(), list.end(), static_cast<int32_t>(tensor)) != list.end();
        };
        return has(graph_.inputs) || has(graph_.outputs);
    }

    /// READ_VARIABLE and ASSIGN_VARIABLE as copies, most of which are spared later.
    void lower_variable(const Place& place) {
        const bool reads = place.op().code == OperatorCode::read_variable;
        if (!reads && place.op().code != OperatorCode::assign_variable) return;
        const auto variable =
            variables_.of_handle.find(place.has_input(0) ? place.input_number(0) : -1);
        if (variable == variables_.of_handle.end()) place.fail("its variable has no VAR_HANDLE");
        const Tensor& value = reads ? place.output() : place.input(1);
        const StateBuffer& state = draft_.states[variable->second];
        if (moved_bytes(place, value, value) * value.elements() !=
            static_cast<int64_t>(state.initial.size()))
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
        draft_.add_scratch(operation);
        for (const ArenaUse& use : arena_uses(operation)) {
            if (*use.offset < buffer_of_.size()) *use.offset = buffer_of_[*use.offset];
        }
        LayerReport layer{};
        layer.operation = kernel_name(header_of(operation).kind);
        layer.source = model::to_string(place.op().code);
        if (!place.op().outputs.empty()) layer.tensor = graph_.tensors[place.op().outputs[0]].name;
        const auto* copy = std::get_if<CopyOp>(&operation);
        if (copy != nullptr) {
            layer.output_shape = {copy->rows, copy->bytes};
        } else {
            layer.output_shape.assign(place.output().shape.begin(), place.output().shape.end());
        }
        layer.macs = macs_of(operation);
        layer.constant_bytes = static_cast<uint32_t>(constants_.bytes().size() - constants_before);
        layer.output_bytes =
            copy != nullptr ? copy->rows * copy->bytes : draft_.bytes[place.output_number()];
        draft_.steps.push_back({operation, std::move(layer)});
    }

    /// Replaces an operation, the last user of constants from `begin` on, by its form
    /// for the target.
    void pack_one(Operation& operation, size_t begin) {
        begin = round_up_to_4(static_cast<uint32_t>(begin));
        const auto packed = packed_form(operation, static_cast<uint32_t>(begin));
        if (!packed) return;
        constants_.truncate(begin);
        constants_.add(std::span<const uint8_t>(packed->records));
        operation = packed->operation;
    }

    std::optional<Packed> packed_form(const Operation& operation, uint32_t begin) const {
        // Weights of 4 bits are chosen for their place in flash; a PC has enough of it.
        if (!target_.interleaves_weights) {
            if (auto packed = pack_int4(operation, constants_.bytes(), begin)) return packed;
        }
        if (target_.pairs_outputs) {
            if (auto packed = pair_outputs(operation, constants_.bytes(), begin)) return packed;
        }
        if (target_.keeps_dense_layers && std::holds_alternative<FullyConnectedOp>(operation))
            return std::nullopt;
        const auto lay_out = target_.interleaves_weights ? interleave
                             : target_.packs_weights     ? pack
                             : target_.pairs_pixels      ? pair
                                                         : nullptr;
        return lay_out == nullptr ? std::nullopt : lay_out(operation, constants_.bytes(), begin);
    }

    /// Gives every used buffer its place.
    void finish() {
        const Arena arena = place_buffers(draft_);
        if (options_.ram_bytes.value_or(0) != 0 && arena.bytes > *options_.ram_bytes) {
            throw std::runtime_error("the model needs at least " + std::to_string(arena.bytes) +
                                     " bytes of RAM, but " + std::to_string(*options_.ram_bytes) +
                                     " are allowed; allow more or use a smaller model");
        }
        lowered_.report.buffers = memory_map(draft_, arena);
        for (PlacedBuffer& buffer : lowered_.report.buffers) {
            if (buffer.number < graph_.tensors.size())
                buffer.name = graph_.tensors[buffer.number].name;
        }
        settle(draft_, arena);
        Report& report = lowered_.report;
        for (const StateBuffer& state : draft_.states)
            lowered_.reset.push_back(initial_value(state, arena.offsets[state.buffer]));
        if (options_.restarts) begin_anew();
        for (Step& step : draft_.steps) {
            report.macs += step.layer.turns * step.layer.macs;
            lowered_.operations.push_back(step.operation);
            report.layers.push_back(std::move(step.layer));
        }
        const auto borders = [&](const std::vector<int32_t>& tensors,
                                 const std::vector<Border>& places) {
            std::vector<TensorInfo> infos;
            for (size_t i = 0; i < tensors.size(); ++i) {
                infos.push_back(border_of(graph_.tensors[tensors[i]],
                                          arena.offsets[places[i].buffer] + places[i].begin));
            }
            return infos;
        };
        lowered_.inputs = borders(graph_.inputs, draft_.inputs);
        lowered_.outputs = borders(graph_.outputs, draft_.outputs);
        if (frames_.fresh != 0) keep_new_frames(lowered_.inputs[0]);
        lowered_.constants = constants_.bytes();
        lowered_.state_bytes = options_.restarts ? 0 : arena.state_bytes;
        report.target = target_.name;
        report.constant_bytes = static_cast<uint32_t>(lowered_.constants.size());
        report.window_frames = frames_.window;
        report.new_frames = frames_.fresh;
        report.state_bytes = lowered_.state_bytes;
        report.arena_bytes = arena.bytes;
        report.arena_lower_bound = arena.lower_bound;
        report.arena_is_optimal = arena.is_optimal;
    }

    /// Each run writes the initial states first.
    void begin_anew() {
        for (size_t i = 0; i < lowered_.reset.size(); ++i) {
            LayerReport layer{};
            layer.operation = kernel_name(header_of(lowered_.reset[i]).kind);
            layer.source = "state";
            layer.output_bytes = static_cast<uint32_t>(draft_.states[i].initial.size());
            layer.output_shape = {layer.output_bytes};
            lowered_.report.layers.push_back(std::move(layer));
            lowered_.operations.push_back(lowered_.reset[i]);
        }
        const auto count = static_cast<uint32_t>(lowered_.reset.size());
        for (PlacedBuffer& buffer : lowered_.report.buffers) {
            buffer.first += count;
            buffer.last += count;
        }
        lowered_.reset.clear();
    }

    /// The input of a streamed window is its new frames.
    void keep_new_frames(TensorInfo& input) const {
        input.bytes = input.bytes / frames_.window * frames_.fresh;
        uint32_t* const dims = input.dims;
        auto* const axis = std::find(dims, dims + input.rank, frames_.window);
        if (axis != dims + input.rank) {
            *axis = frames_.fresh;
        } else {
            dims[0] = frames_.fresh;
            dims[1] = input.bytes / frames_.fresh;
            dims[2] = dims[3] = 1;
            input.rank = 2;
        }
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
    const CompileOptions& options_;
    std::vector<int> readers_;         // of each tensor
    std::vector<uint32_t> buffer_of_;  // tensor -> buffer: renamed tensors share one
    FoldedPads pads_;
    Variables variables_;
    Constants constants_;
    Draft draft_;
    Frames frames_;
    Lowered lowered_{};
};

uint64_t rounded(double count) {
    return static_cast<uint64_t>(std::llround(count));
}

void estimate_instructions(Lowered& lowered, const Target& target) {
    const auto model = cost::CostModel::of(target);
    if (!model) return;
    const auto cost = model->cost(lowered.operations, lowered.constants, lowered.reset.size());
    if (!cost) return;
    Report& report = lowered.report;
    report.estimated_instructions = rounded(cost->linked);
    report.estimated_loaded_instructions = rounded(cost->loaded);
    for (size_t i = 0; i < report.layers.size(); ++i)
        report.layers[i].estimated_instructions = rounded(cost->operations[i]);
}

}  // namespace

Lowered lower(const Graph& graph, const Target& target, const CompileOptions& options) {
    model::validate(graph);
    Graph reduced = with_int8_weights(graph);
    if (options.folds_constants) reduced = fold_constants(reduced);
    reduced = with_quantized_borders(reduced);
    if (options.only_class) reduced = only_class(reduced);
    if (options.removes_channels) reduced = remove_channels(reduced);
    Lowered lowered = Lowering(reduced, target, options).run();
    estimate_instructions(lowered, target);
    return lowered;
}

}  // namespace ganglion::compile
