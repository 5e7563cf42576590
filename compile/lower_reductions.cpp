#include <algorithm>
#include <bit>

#include "compile/place.hpp"

namespace ganglion::compile {
namespace {

using model::OperatorCode;
using model::Tensor;

/// Which dimensions are taken together.
std::vector<bool> reduced_dimensions(const Place& place, const Tensor& input) {
    const auto rank = static_cast<int32_t>(input.shape.size());
    std::vector<bool> reduced(input.shape.size());
    for (int32_t axis : place.numbers(1)) {
        if (axis < -rank || axis >= rank) {
            place.fail("axis " + std::to_string(axis) + " of " + std::to_string(rank) +
                       " dimensions");
        }
        reduced[static_cast<size_t>(axis < 0 ? axis + rank : axis)] = true;
    }
    return reduced;
}

/// Sizes of runs of dimensions that are kept, reduced, kept, reduced, kept; 1 for an empty run.
struct Runs {
    uint32_t sizes[5] = {1, 1, 1, 1, 1};
};

Runs runs_of(const Place& place, const Tensor& input, const std::vector<bool>& reduced) {
    Runs runs;
    size_t at = 0;
    for (size_t i = 0; i < reduced.size(); ++i) {
        if (input.shape[i] == 1) continue;
        const bool run_reduces = at % 2 == 1;
        if (reduced[i] != run_reduces) ++at;
        if (at >= 5)
            place.fail("it reduces more than two separate runs of dimensions; do it in two");
        runs.sizes[at] *= static_cast<uint32_t>(input.shape[i]);
    }
    return runs;
}

/// The output's shape: reduced dimensions gone, or 1.
void check_reduced_shape(const Place& place, const Tensor& input, const std::vector<bool>& reduced,
                         bool keeps) {
    std::vector<int32_t> shape;
    for (size_t i = 0; i < reduced.size(); ++i) {
        if (!reduced[i]) shape.push_back(input.shape[i]);
        if (reduced[i] && keeps) shape.push_back(1);
    }
    if (place.output().shape != shape) place.fail("its output shape does not fit its axes");
}

/// The factor of a sum, which for a mean holds the division too, as the reference rounds it.
Multiplier sum_factor(const Place& place, int64_t summands) {
    Multiplier factor =
        place.multiplier(static_cast<double>(place.input(0).quantization.scales[0]) /
                         static_cast<double>(place.output().quantization.scales[0]));
    if (place.op().code != OperatorCode::mean) return factor;
    const int32_t shift =
        std::min(static_cast<int32_t>(std::bit_width(static_cast<uint64_t>(summands))) - 1,
                 31 + factor.shift);
    const int64_t mantissa = (int64_t{factor.multiplier} << shift) / summands;
    return {static_cast<int32_t>(mantissa), factor.shift - shift};
}

/// The fields that say which values are taken together; returns how many.
template <typename Op>
int64_t set_runs(const Place& place, uint32_t most, Op& op) {
    const Tensor& input = place.input(0);
    const std::vector<bool> reduced = reduced_dimensions(place, input);
    check_reduced_shape(place, input, reduced,
                        place.options<model::ReducerOptions>().keep_dimensions);
    const Runs runs = runs_of(place, input, reduced);
    const int64_t summands = int64_t{runs.sizes[1]} * runs.sizes[3];
    if (summands > most)
        place.fail("it takes more than " + std::to_string(most) + " values together");
    op.outer = runs.sizes[0];
    op.first = runs.sizes[1];
    op.middle = runs.sizes[2];
    op.second = runs.sizes[3];
    op.inner = runs.sizes[4];
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    return summands;
}

/// What the kinds of reduction are called on one type of element.
struct Kinds {
    OpKind sum, maximum, minimum;
};

/// All but what differs between the types.
template <typename Op>
Op reduction(const Place& place, const Kinds& kinds, uint32_t most_summands) {
    Op op{};
    const int64_t summands = set_runs(place, most_summands, op);
    const OperatorCode code = place.op().code;
    op.header = {code == OperatorCode::reduce_max   ? kinds.maximum
                 : code == OperatorCode::reduce_min ? kinds.minimum
                                                    : kinds.sum,
                 sizeof op};
    const Tensor& input = place.input(0);
    const Tensor& output = place.output();
    if (op.header.kind == kinds.sum) {
        const Multiplier factor = sum_factor(place, summands);
        op.multiplier = factor.multiplier;
        op.shift = factor.shift;
    } else if (input.quantization.scales != output.quantization.scales ||
               zero_point(input) != zero_point(output)) {
        place.fail("input and output must have the same scale and zero point");
    }
    return op;
}

}  // namespace

Operation lower_int16_reduction(const Place& place) {
    (void)place.int16_input(0);
    (void)place.int16_output();
    return reduction<Int16ReduceOp>(
        place,
        {OpKind::int16_reduce_sum, OpKind::int16_reduce_maximum, OpKind::int16_reduce_minimum},
        kMostInt16Summands);
}

Operation lower_reduction(const Place& place) {
    const Tensor& input = place.int8_input(0);
    (void)place.int8_output();
    auto op = reduction<ReduceOp>(
        place, {OpKind::reduce_sum, OpKind::reduce_maximum, OpKind::reduce_minimum}, kMostSummands);
    op.range = place.range(model::Activation::none);
    op.input_zero_point = static_cast<int16_t>(zero_point(input));
    return op;
}

Operation lower_arg_max(const Place& place) {
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.output();
    if (output.type != model::TensorType::int32 && output.type != model::TensorType::int64)
        place.fail("its output must be int32 or int64");
    const std::vector<bool> reduced = reduced_dimensions(place, input);
    if (std::count(reduced.begin(), reduced.end(), true) != 1) place.fail("one axis is expected");
    check_reduced_shape(place, input, reduced, false);
    ArgMaxOp op{};
    const bool largest = place.op().code == OperatorCode::arg_max;
    op.header = {largest ? OpKind::arg_max : OpKind::arg_min, sizeof op};
    op.outer = op.inner = 1;
    const auto axis =
        static_cast<size_t>(std::find(reduced.begin(), reduced.end(), true) - reduced.begin());
    for (size_t i = 0; i < reduced.size(); ++i) {
        uint32_t& run = i < axis ? op.outer : i == axis ? op.depth : op.inner;
        run = (i == axis ? 1 : run) * static_cast<uint32_t>(input.shape[i]);
    }
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    return op;
}

}  // namespace ganglion::compile
