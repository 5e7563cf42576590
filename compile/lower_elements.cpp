#include <algorithm>

#include "compile/lookups.hpp"

namespace ganglion::compile {
namespace {

using model::OperatorCode;
using model::Tensor;

/// How two shapes become the output's. Dimension d of the output has counts[d] elements; a side
/// that has one there repeats it.
struct Pairing {
    uint32_t counts[4] = {1, 1, 1, 1};
    uint8_t repeats[2] = {0, 0};
};

/// One dimension, or several neighbours in which the same sides repeat.
struct Run {
    uint32_t count;
    bool repeats[2];
};

Pairing pairing_of(const Place& place) {
    const std::vector<int32_t>& shape = place.output().shape;
    const auto size_at = [&](size_t side, size_t i) {
        const std::vector<int32_t>& own = place.input(side).shape;
        return i + own.size() < shape.size() ? 1 : own[i + own.size() - shape.size()];
    };
    std::vector<Run> runs;
    for (size_t i = 0; i < shape.size(); ++i) {
        Run run{static_cast<uint32_t>(shape[i]), {}};
        for (size_t side : {size_t{0}, size_t{1}}) {
            run.repeats[side] = size_at(side, i) != shape[i];
            if (run.repeats[side] && size_at(side, i) != 1)
                place.fail("'" + place.input(side).name + "' does not fit its output's shape");
        }
        if (run.repeats[0] && run.repeats[1]) place.fail("its output is larger than its inputs");
        if (run.count == 1) continue;
        if (!runs.empty() && runs.back().repeats[0] == run.repeats[0] &&
            runs.back().repeats[1] == run.repeats[1]) {
            runs.back().count *= run.count;
        } else {
            runs.push_back(run);
        }
    }
    Pairing pairing;
    if (runs.size() > 4) place.fail("its inputs repeat along too many separate dimensions");
    for (size_t i = 0; i < runs.size(); ++i) {
        const size_t d = i + 4 - runs.size();
        pairing.counts[d] = runs[i].count;
        for (size_t side : {size_t{0}, size_t{1}})
            pairing.repeats[side] |= static_cast<uint8_t>(runs[i].repeats[side] ? 1U << d : 0U);
    }
    return pairing;
}

bool same_quantization(const Tensor& a, const Tensor& b) {
    return a.quantization.scales == b.quantization.scales && zero_point(a) == zero_point(b);
}

double scale_of(const Tensor& tensor) {
    return tensor.quantization.scales[0];
}

/// Multipliers that bring both sides to twice the larger scale with some bits of headroom, and
/// their sum or difference to the output's scale.
struct CommonScale {
    double first, second, output;
};

CommonScale common_scale(const Place& place, int headroom) {
    const double common = 2.0 * std::max(scale_of(place.input(0)), scale_of(place.input(1)));
    return {scale_of(place.input(0)) / common, scale_of(place.input(1)) / common,
            common / ((1 << headroom) * scale_of(place.output()))};
}

/// As common_scale(), in float: so the reference computes it for SUB.
CommonScale float_common_scale(const Place& place, int headroom) {
    const float first = place.input(0).quantization.scales[0];
    const float second = place.input(1).quantization.scales[0];
    const float common = 2.0F * std::max(first, second);
    return {static_cast<double>(first / common), static_cast<double>(second / common),
            static_cast<double>(common / (static_cast<float>(1 << headroom) *
                                          place.output().quantization.scales[0]))};
}

template <typename Op>
void set_scales(const Place& place, Op& op, const CommonScale& scales) {
    for (auto [side, real] : {std::pair{&op.first, scales.first}, {&op.second, scales.second}}) {
        const Multiplier factor = place.multiplier(real);
        side->multiplier = factor.multiplier;
        side->shift = factor.shift;
    }
    const Multiplier factor = place.multiplier(scales.output);
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
}

model::Activation activation_of(const Place& place) {
    switch (place.op().code) {
        case OperatorCode::add:
            return place.options<model::AddOptions>().activation;
        case OperatorCode::sub:
            return place.options<model::SubOptions>().activation;
        case OperatorCode::mul:
            return place.options<model::MulOptions>().activation;
        default:
            return model::Activation::none;
    }
}

OpKind kind_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::sub:
            return OpKind::subtract;
        case OperatorCode::mul:
            return OpKind::multiply;
        case OperatorCode::maximum:
            return OpKind::maximum;
        case OperatorCode::minimum:
            return OpKind::minimum;
        case OperatorCode::squared_difference:
            return OpKind::squared_difference;
        case OperatorCode::prelu:
            return OpKind::prelu;
        default:
            return OpKind::broadcast_add;
    }
}

/// All numbers of the function; the sides' offsets are not set yet.
BroadcastOp function_of(const Place& place) {
    constexpr int kHeadroom = 20;
    constexpr int kSquareHeadroom = 7;
    BroadcastOp op{};
    op.header = {kind_of(place.op().code), sizeof op};
    op.first.zero_point = static_cast<int16_t>(zero_point(place.input(0)));
    op.second.zero_point = static_cast<int16_t>(zero_point(place.input(1)));
    op.range = place.range(activation_of(place));
    const double product = scale_of(place.input(0)) * scale_of(place.input(1));
    switch (op.header.kind) {
        case OpKind::subtract:
            set_scales(place, op, float_common_scale(place, kHeadroom));
            break;
        case OpKind::squared_difference: {
            CommonScale scales = common_scale(place, 0);
            const double common =
                2.0 * std::max(scale_of(place.input(0)), scale_of(place.input(1)));
            scales.output =
                common * common / ((1 << (2 * kSquareHeadroom)) * scale_of(place.output()));
            set_scales(place, op, scales);
            break;
        }
        case OpKind::multiply:
            set_scales(place, op, {0, 0, product / scale_of(place.output())});
            break;
        case OpKind::prelu:
            set_scales(place, op,
                       {scale_of(place.input(0)) / scale_of(place.output()), 0,
                        product / scale_of(place.output())});
            break;
        case OpKind::maximum:
        case OpKind::minimum:
            if (!same_quantization(place.input(0), place.output()) ||
                !same_quantization(place.input(1), place.output())) {
                place.fail("inputs and output must have the same scale and zero point");
            }
            break;
        default:
            set_scales(place, op, common_scale(place, kHeadroom));
            break;
    }
    const bool may_grow = op.header.kind == OpKind::multiply || op.header.kind == OpKind::prelu ||
                          op.header.kind == OpKind::squared_difference;
    if (!may_grow && op.shift > 0)
        place.fail("its output scale is too small for its inputs' scales");
    return op;
}

/// The one value of a constant side that has but one element; SIZE_MAX: neither side.
size_t scalar_side(const Place& place) {
    for (size_t side : {size_t{0}, size_t{1}}) {
        const Tensor& tensor = place.input(side);
        if (tensor.is_constant() && tensor.elements() == 1) return side;
    }
    return SIZE_MAX;
}

/// The values of a function whose sides are `computed`, which runs through all int8, and a scalar
/// or the same tensor again: the kernel itself makes the table.
Operation function_of_one(const Place& place, size_t computed) {
    if (place.int8_input(computed).elements() != place.output().elements())
        place.fail("its output is larger than its input");
    BroadcastOp op = function_of(place);
    alignas(16) std::array<int8_t, 512> arena{};
    for (size_t i = 0; i < 256; ++i) arena[i] = static_cast<int8_t>(static_cast<int32_t>(i) - 128);
    op.counts[0] = op.counts[1] = op.counts[2] = 1;
    op.counts[3] = 256;
    op.output = 256;
    uint8_t scalar = 0;
    if (place.input_number(0) != place.input_number(1)) {
        BroadcastOp::Side& side = computed == 0 ? op.second : op.first;
        side.is_constant = 1;
        side.repeats = 8;
        scalar = place.input(1 - computed).data[0];
    }
    Operations::find(op.header.kind, [&](auto row) { row.run(op.header, arena.data(), &scalar); });
    LookupTable table{};
    for (size_t i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(arena[256 + i]);
    return lookup_of(place, table, computed);
}

/// Two whole tensors, by the kernel that needs no more.
Operation plain_add(const Place& place) {
    const BroadcastOp function = function_of(place);
    const auto side_of = [&](size_t n, const BroadcastOp::Side& side) {
        return AddOp::Side{static_cast<uint32_t>(place.input_number(n)), side.zero_point,
                           side.multiplier, side.shift};
    };
    AddOp op{};
    op.header = {OpKind::add, sizeof op};
    op.count = static_cast<uint32_t>(place.output().elements());
    op.first = side_of(0, function.first);
    op.second = side_of(1, function.second);
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = function.multiplier;
    op.shift = function.shift;
    op.range = function.range;
    return op;
}

OpKind int16_kind_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::sub:
            return OpKind::int16_subtract;
        case OperatorCode::mul:
            return OpKind::int16_multiply;
        case OperatorCode::maximum:
            return OpKind::int16_maximum;
        case OperatorCode::minimum:
            return OpKind::int16_minimum;
        default:
            return OpKind::int16_add;
    }
}

/// Where the sides of an operation lie and which of their dimensions repeat.
template <typename Op>
void set_sides(const Place& place, Op& op) {
    const Pairing pairing = pairing_of(place);
    std::copy(std::begin(pairing.counts), std::end(pairing.counts), op.counts);
    op.output = static_cast<uint32_t>(place.output_number());
    for (size_t n : {size_t{0}, size_t{1}}) {
        BroadcastOp::Side& side = n == 0 ? op.first : op.second;
        const Tensor& tensor = place.input(n);
        side.repeats = pairing.repeats[n];
        side.is_constant = tensor.is_constant() ? 1 : 0;
        side.offset = tensor.is_constant()
                          ? place.constants().add(std::span<const uint8_t>(tensor.data))
                          : static_cast<uint32_t>(place.input_number(n));
    }
}

void check_not_constant(const Place& place) {
    if (place.input(0).is_constant() && place.input(1).is_constant())
        place.fail("both inputs are constants; compute the result when exporting");
}

}  // namespace

Operation lower_int16_elementwise(const Place& place) {
    constexpr int kHeadroom = 15;
    (void)place.int16_operand(0);
    (void)place.int16_operand(1);
    (void)place.int16_output();
    check_not_constant(place);
    Int16BroadcastOp op{};
    op.header = {int16_kind_of(place.op().code), sizeof op};
    op.range = place.int16_range(activation_of(place));
    switch (op.header.kind) {
        case OpKind::int16_add:
            set_scales(place, op, common_scale(place, kHeadroom));
            break;
        case OpKind::int16_subtract:
            set_scales(place, op, float_common_scale(place, kHeadroom));
            break;
        case OpKind::int16_multiply:
            set_scales(
                place, op,
                {0, 0,
                 scale_of(place.input(0)) * scale_of(place.input(1)) / scale_of(place.output())});
            break;
        default:
            if (!same_quantization(place.input(0), place.output()) ||
                !same_quantization(place.input(1), place.output())) {
                place.fail("inputs and output must have the same scale and zero point");
            }
            break;
    }
    if (op.header.kind != OpKind::int16_multiply && op.shift > 0)
        place.fail("its output scale is too small for its inputs' scales");
    set_sides(place, op);
    return op;
}

Operation lower_elementwise(const Place& place) {
    const Tensor& first = place.int8_operand(0);
    const Tensor& second = place.int8_operand(1);
    (void)place.int8_output();
    check_not_constant(place);
    if (place.input_number(0) == place.input_number(1)) return function_of_one(place, 0);
    if (const size_t scalar = scalar_side(place); scalar != SIZE_MAX)
        return function_of_one(place, 1 - scalar);
    const Pairing pairing = pairing_of(place);
    const bool whole = pairing.repeats[0] == 0 && pairing.repeats[1] == 0 && !first.is_constant() &&
                       !second.is_constant();
    if (whole && place.op().code == OperatorCode::add) return plain_add(place);
    BroadcastOp op = function_of(place);
    set_sides(place, op);
    return op;
}

}  // namespace ganglion::compile
