#include <algorithm>
#include <cmath>
#include <limits>

#include "compile/lookups.hpp"
#include "device/kernels/fixed_point.hpp"
#include "device/kernels/requantize.hpp"

namespace ganglion::compile {
namespace {

using model::Tensor;

/// Integer bits of what the reference's LOGISTIC and TANH take.
constexpr int kSigmoidBits = 4;

/// The int8 specification gives some operators one output scale and zero point.
void check_output(const Place& place, float scale, const char* text, int32_t zero) {
    const Tensor& output = place.int8_output();
    if (output.quantization.scales[0] != scale || zero_point(output) != zero) {
        place.fail("its output must have scale " + std::string(text) + " and zero point " +
                   std::to_string(zero) + ", as the int8 specification demands");
    }
}

/// A function that is flat at both ends, in the reference's fixed point: Q4 to Q0, shifted right to
/// int8.
LookupTable sigmoid_table(const Place& place, int32_t shift, int32_t zero,
                          int32_t (*function)(int32_t)) {
    const Multiplier factor =
        place.multiplier(static_cast<double>(place.input(0).quantization.scales[0]) *
                         static_cast<double>(1 << (31 - kSigmoidBits)));
    const int32_t radius = input_radius(kSigmoidBits, factor.shift);
    return table_of(place, [&](int32_t centred) {
        if (centred <= -radius) return -128;
        if (centred >= radius) return 127;
        const int32_t scaled = requantize(centred, factor.multiplier, factor.shift);
        const int32_t value = rounding_shift_right(function(scaled), shift);
        return std::clamp(value + zero, -128, 127);
    });
}

/// A table of a float function, rounded as the reference rounds it.
Operation float_function(const Place& place, float (*function)(float)) {
    check_elementwise(place);
    const float scale = place.input(0).quantization.scales[0];
    const float inverse = 1.0F / place.output().quantization.scales[0];
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         const float rounded =
                             std::round(function(scale * static_cast<float>(centred)) * inverse);
                         const float value =
                             rounded + static_cast<float>(zero_point(place.output()));
                         return static_cast<int32_t>(std::clamp(value, -128.0F, 127.0F));
                     }));
}

int16_t saturated(int64_t value) {
    return static_cast<int16_t>(std::clamp<int64_t>(value, std::numeric_limits<int16_t>::min(),
                                                    std::numeric_limits<int16_t>::max()));
}

/// a * b * 2^-15 in int16, to nearest.
int16_t rounding_high_multiply(int16_t a, int16_t b) {
    const int32_t product = int32_t{a} * b;
    return saturated((product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15));
}

/// A multiplier's upper half, to nearest.
int16_t upper_half(int32_t multiplier) {
    constexpr int32_t kHalf = 1 << 15;
    if (multiplier >= std::numeric_limits<int32_t>::max() - kHalf)
        return std::numeric_limits<int16_t>::max();
    return static_cast<int16_t>((multiplier + kHalf) >> 16);
}

/// x * min(max(x + 3, 0), 6) / 6 in the reference's 16-bit fixed point.
class HardSwish {
  public:
    HardSwish(const Place& place, float input_scale, float output_scale)
        : output_(place.multiplier(static_cast<double>(input_scale / 128.0F / output_scale))),
          gate_(place.multiplier(static_cast<double>(input_scale / 128.0F / (3.0F / 32768.0F)))) {
        if (output_.shift > 0) place.fail("its output scale is too small for its input's scale");
    }

    /// Without the output's zero point.
    int32_t operator()(int32_t centred) const {
        const auto fine = static_cast<int16_t>(centred * 128);
        const int16_t value = rounding_high_multiply(fine, upper_half(output_.multiplier));
        return rounding_shift_right(int32_t{gate(fine)} * value / (1 << 15), -output_.shift);
    }

  private:
    /// (x + 3) / 6 limited to [0, 1), in Q15.
    int16_t gate(int16_t fine) const {
        int16_t value = fine;
        if (gate_.shift > 0) value = saturated(int64_t{value} << (gate_.shift - 1));
        value = rounding_high_multiply(value, upper_half(gate_.multiplier));
        if (gate_.shift > 0) value = saturated(int64_t{value} * 2);
        if (gate_.shift < 0)
            value = static_cast<int16_t>(rounding_shift_right(value, -gate_.shift));
        return static_cast<int16_t>((value + (1 << 15)) >> 1);
    }

    Multiplier output_, gate_;
};

}  // namespace

Operation lookup_of(const Place& place, const LookupTable& table, size_t n) {
    LookupOp op{};
    op.header = {OpKind::lookup, sizeof op};
    op.count = static_cast<uint32_t>(place.output().elements());
    op.input = static_cast<uint32_t>(place.input_number(n));
    op.output = static_cast<uint32_t>(place.output_number());
    op.table = place.constants().add(std::span<const uint8_t>(table));
    return op;
}

void check_elementwise(const Place& place) {
    if (place.int8_input(0).elements() != place.int8_output().elements())
        place.fail("input and output must have the same shape");
}

Operation lower_hard_swish(const Place& place) {
    check_elementwise(place);
    const HardSwish function(place, place.input(0).quantization.scales[0],
                             place.output().quantization.scales[0]);
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         return std::clamp(function(centred) + zero_point(place.output()), -128,
                                           127);
                     }));
}

Operation lower_relu(const Place& place) {
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
    const OutputRange range = place.range(activation);
    const Multiplier factor =
        place.multiplier(static_cast<double>(place.input(0).quantization.scales[0]) /
                         static_cast<double>(place.output().quantization.scales[0]));
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         return to_output(requantize(centred, factor.multiplier, factor.shift),
                                          range);
                     }));
}

Operation lower_leaky_relu(const Place& place) {
    const float alpha = place.options<model::LeakyReluOptions>().alpha;
    check_elementwise(place);
    const OutputRange range = place.range(model::Activation::none);
    if (!(alpha >= 0.0F && alpha <= 1.0e6F)) place.fail("its slope must not be negative");
    // The reference computes both factors in float.
    const float from = place.input(0).quantization.scales[0];
    const float to = place.output().quantization.scales[0];
    const Multiplier positive = place.multiplier(static_cast<double>(from / to));
    const Multiplier negative = place.multiplier(static_cast<double>(from * alpha / to));
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         const Multiplier& factor = centred >= 0 ? positive : negative;
                         return to_output(requantize(centred, factor.multiplier, factor.shift),
                                          range);
                     }));
}

Operation lower_logistic(const Place& place) {
    check_elementwise(place);
    check_output(place, 1.0F / 256.0F, "1/256", -128);
    return lookup_of(place, sigmoid_table(place, 23, -128, fixed_point::logistic<kSigmoidBits>));
}

Operation lower_tanh(const Place& place) {
    check_elementwise(place);
    check_output(place, 1.0F / 128.0F, "1/128", 0);
    return lookup_of(place, sigmoid_table(place, 24, 0, fixed_point::tanh<kSigmoidBits>));
}

Operation lower_abs(const Place& place) {
    check_elementwise(place);
    const OutputRange range = place.range(model::Activation::none);
    // The reference computes the factor in float.
    const Multiplier factor = place.multiplier(static_cast<double>(
        place.input(0).quantization.scales[0] / place.output().quantization.scales[0]));
    return lookup_of(place, table_of(place, [&](int32_t centred) {
                         return to_output(
                             requantize(std::abs(centred), factor.multiplier, factor.shift), range);
                     }));
}

Operation lower_elu(const Place& place) {
    return float_function(
        place, [](float value) { return value < 0.0F ? std::exp(value) - 1.0F : value; });
}

Operation lower_exp(const Place& place) {
    return float_function(place, [](float value) { return std::exp(value); });
}

Operation lower_softmax(const Place& place) {
    constexpr int kDifferenceBits = 5;
    const auto& options = place.options<model::SoftmaxOptions>();
    const Tensor& input = place.int8_input(0);
    const Tensor& output = place.int8_output();
    check_output(place, 1.0F / 256.0F, "1/256", -128);
    if (input.shape.empty() || input.shape != output.shape)
        place.fail("input and output must have the same shape");
    const int32_t depth = input.shape.back();
    if (depth > static_cast<int32_t>(kMostSoftmaxDepth)) {
        place.fail("more than " + std::to_string(kMostSoftmaxDepth) + " classes");
    }
    if (!(options.beta > 0)) place.fail("beta must be positive");
    const double scaled =
        std::min(static_cast<double>(options.beta) * input.quantization.scales[0] *
                     static_cast<double>(1 << (31 - kDifferenceBits)),
                 2147483647.0);
    int exponent = 0;
    const double mantissa = std::frexp(scaled, &exponent);
    auto fixed = static_cast<int64_t>(std::round(mantissa * static_cast<double>(int64_t{1} << 31)));
    if (fixed == int64_t{1} << 31) {
        fixed /= 2;
        ++exponent;
    }
    if (exponent < 0 || exponent > 30) {
        place.fail("its input scale is outside what int8 softmax can express");
    }
    SoftmaxOp op{};
    op.header = {OpKind::softmax, sizeof op};
    op.rows = static_cast<uint32_t>(input.elements() / depth);
    op.depth = static_cast<uint32_t>(depth);
    op.input = static_cast<uint32_t>(place.input_number(0));
    op.output = static_cast<uint32_t>(place.output_number());
    op.multiplier = static_cast<int32_t>(fixed);
    op.left_shift = exponent;
    op.difference_minimum = -std::min(input_radius(kDifferenceBits, exponent), 255);
    return op;
}

}  // namespace ganglion::compile
