#include <algorithm>
#include <cmath>

#include "compile/place.hpp"

// Functions of int16 activations.

namespace ganglion::compile {
namespace {

using model::Tensor;

constexpr int32_t kLargest = 32767;
constexpr int32_t kMostShift = 14;  // so that no int16 overflows before the rounding

void check_elementwise(const Place& place) {
    if (place.int16_input(0).elements() != place.int16_output().elements())
        place.fail("input and output must have the same shape");
}

/// The specification gives these operators one output scale.
void check_output_scale(const Place& place) {
    if (place.output().quantization.scales[0] != 1.0F / 32768.0F)
        place.fail("its output must have scale 1/32768, as the int16 specification demands");
}

/// What the table of sigmoid.hpp takes, 3 * 2^12 * real, from a scale; a power of two up to
/// `most_exact` times 2^-12 is exact.
Operation sigmoid_of(const Place& place, OpKind kind, int most_exact) {
    check_elementwise(place);
    check_output_scale(place);
    const float scale = place.input(0).quantization.scales[0];
    Int16SigmoidOp op{};
    op.header = {kind, sizeof op};
    op.count = static_cast<uint32_t>(place.output().elements());
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    int exponent = 0;
    const bool is_power = std::frexp(scale, &exponent) == 0.5F;
    const int exact = exponent - 1 + 12;
    if (is_power && exact >= 0 && exact <= most_exact) {
        op.multiplier = 3 << exact;
        return op;
    }
    double multiplier = static_cast<double>(scale) * 4096.0 * 3.0;
    if (multiplier > kLargest) place.fail("its input scale is larger than 8/3; quantize it finer");
    while (multiplier <= kLargest / 2.0 && op.shift < 30) {
        ++op.shift;
        multiplier *= 2.0;
    }
    op.multiplier = static_cast<int32_t>(multiplier);
    return op;
}

/// Entries of a function of [low, high] in Q0.15, each moved so that the line to the next misses
/// the middle by as little as the ends; in float, as the reference computes them.
template <typename Function>
void add_table(std::vector<uint8_t>& bytes, float low, float high, float output_scale,
               Function function) {
    constexpr int kSteps = kSoftmaxTable - 1;
    const float step = (high - low) / static_cast<float>(kSteps);
    const float half_step = step / 2.0F;
    const float to_q15 = 65536.0F / (output_scale * 32767.0F - output_scale * -32768.0F);
    const auto put = [&](float value) {
        const auto entry = static_cast<int16_t>(std::clamp(value, -32768.0F, 32767.0F));
        const auto* first = reinterpret_cast<const uint8_t*>(&entry);
        bytes.insert(bytes.end(), first, first + sizeof entry);
    };
    for (int i = 0; i < kSteps; ++i) {
        const float at = low + static_cast<float>(i) * step;
        const float here = std::round(function(at) * to_q15);
        const float next = function(low + static_cast<float>(i + 1) * step) * to_q15;
        const float on_line = std::round((next + here) / 2.0F);
        const float middle = std::round(function(at + half_step) * to_q15);
        put(here - std::round((on_line - middle) / 2.0F));
    }
    put(std::round(function(high) * to_q15));
}

Operation leaky_relu_of(const Place& place, const Multiplier& positive, const Multiplier& negative,
                        const Int16Range& range) {
    if (positive.shift > kMostShift || negative.shift > kMostShift)
        place.fail("its output scale is too small for its input's scale");
    Int16LeakyReluOp op{};
    op.header = {OpKind::int16_leaky_relu, sizeof op};
    op.count = static_cast<uint32_t>(place.output().elements());
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = positive.multiplier;
    op.shift = positive.shift;
    op.negative_multiplier = negative.multiplier;
    op.negative_shift = negative.shift;
    op.range = range;
    return op;
}

}  // namespace

Operation lower_int16_logistic(const Place& place) {
    return sigmoid_of(place, OpKind::int16_logistic, 0);
}

Operation lower_int16_tanh(const Place& place) {
    return sigmoid_of(place, OpKind::int16_tanh, 1);
}

Operation lower_int16_relu(const Place& place) {
    check_elementwise(place);
    const auto activation = [&] {
        switch (place.op().code) {
            case model::OperatorCode::relu6:
                return model::Activation::relu6;
            case model::OperatorCode::relu_n1_to_1:
                return model::Activation::relu_n1_to_1;
            default:
                return model::Activation::relu;
        }
    }();
    const Multiplier factor =
        place.multiplier(static_cast<double>(place.input(0).quantization.scales[0]) /
                         static_cast<double>(place.output().quantization.scales[0]));
    return leaky_relu_of(place, factor, factor, place.int16_range(activation));
}

Operation lower_int16_leaky_relu(const Place& place) {
    const float alpha = place.options<model::LeakyReluOptions>().alpha;
    check_elementwise(place);
    if (!(alpha >= 0.0F && alpha <= 1.0e6F)) place.fail("its slope must not be negative");
    const float from = place.input(0).quantization.scales[0];
    const float to = place.output().quantization.scales[0];
    return leaky_relu_of(place, place.multiplier(static_cast<double>(from / to)),
                         place.multiplier(static_cast<double>(from * alpha / to)),
                         place.int16_range(model::Activation::none));
}

Operation lower_int16_softmax(const Place& place) {
    constexpr float kRange = 65535.0F;
    const float beta = place.options<model::SoftmaxOptions>().beta;
    check_elementwise(place);
    check_output_scale(place);
    const Tensor& input = place.input(0);
    if (input.shape.empty() || input.shape != place.output().shape)
        place.fail("input and output must have the same shape");
    if (!(beta > 0)) place.fail("beta must be positive");
    const int32_t depth = input.shape.back();
    if (depth > static_cast<int32_t>(kMostInt16SoftmaxDepth))
        place.fail("more than " + std::to_string(kMostInt16SoftmaxDepth) + " classes");
    // A difference of -65535 stands for -10, whose exponential is next to nothing.
    const Multiplier factor = place.multiplier(static_cast<double>(input.quantization.scales[0]) *
                                               static_cast<double>(beta) / (10.0 / 65535.0));
    if (factor.shift > kMostShift)
        place.fail("its input scale is outside what int16 softmax can express");
    std::vector<uint8_t> tables;
    const float exp_scale = 10.0F / kRange;
    add_table(tables, exp_scale * -65535.0F, exp_scale * 0.0F, 2.0F / kRange,
              [](float x) { return std::exp(x); });
    const float fraction_scale = 1.0F / kRange;
    add_table(tables, fraction_scale * 0.0F, fraction_scale * 65535.0F, 2.0F / kRange,
              [](float x) { return 1.0F / (1.0F + x); });
    Int16SoftmaxOp op{};
    op.header = {OpKind::int16_softmax, sizeof op};
    op.rows = static_cast<uint32_t>(input.elements() / depth);
    op.depth = static_cast<uint32_t>(depth);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = factor.multiplier;
    op.shift = factor.shift;
    op.tables = place.constants().add(std::span<const uint8_t>(tables));
    return op;
}

}  // namespace ganglion::compile
