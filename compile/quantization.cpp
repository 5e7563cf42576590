#include "compile/quantization.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace ganglion::compile {

Multiplier quantize_multiplier(double real) {
    if (real == 0.0) return {0, 0};
    int exponent = 0;
    const double mantissa = std::frexp(real, &exponent);
    auto fixed = static_cast<int64_t>(std::round(mantissa * static_cast<double>(int64_t{1} << 31)));
    if (fixed == int64_t{1} << 31) {
        fixed /= 2;
        ++exponent;
    }
    if (exponent < -31) return {0, 0};
    if (exponent > 30 || real < 0) {
        throw std::runtime_error(
            "the scales of its inputs and output differ by more than int8 can express");
    }
    return {static_cast<int32_t>(fixed), exponent};
}

int32_t input_radius(int32_t integer_bits, int32_t left_shift) {
    const double largest = static_cast<double>((1 << integer_bits) - 1) *
                           static_cast<double>(int64_t{1} << (31 - integer_bits)) /
                           std::ldexp(1.0, left_shift);
    return static_cast<int32_t>(std::min(std::floor(largest), 2147483647.0));
}

namespace {

/// What a fused activation lets through, in real numbers.
struct Limits {
    float low, high;
};

/// Empty limits are infinite. Throws for activations that are not a clamp.
Limits limits_of(model::Activation activation) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    switch (activation) {
        case model::Activation::none:
            return {-kInfinity, kInfinity};
        case model::Activation::relu:
            return {0.0F, kInfinity};
        case model::Activation::relu6:
            return {0.0F, 6.0F};
        case model::Activation::relu_n1_to_1:
            return {-1.0F, 1.0F};
        case model::Activation::tanh:
            throw std::runtime_error(
                "its fused activation TANH is not a clamp; use a TANH operator behind it");
        case model::Activation::sign_bit:
            break;
    }
    throw std::runtime_error(
        "its fused activation SIGN_BIT is not a clamp; use none, RELU, RELU6 or RELU_N1_TO_1");
}

/// A limit in a quantization.
template <typename Value>
Value quantized(float real, float scale, int32_t zero_point) {
    const float value = static_cast<float>(zero_point) + std::round(real / scale);
    return static_cast<Value>(std::clamp(value,
                                         static_cast<float>(std::numeric_limits<Value>::min()),
                                         static_cast<float>(std::numeric_limits<Value>::max())));
}

}  // namespace

OutputRange output_range(model::Activation activation, float scale, int32_t zero_point) {
    const Limits limits = limits_of(activation);
    return {static_cast<int16_t>(zero_point), quantized<int8_t>(limits.low, scale, zero_point),
            quantized<int8_t>(limits.high, scale, zero_point)};
}

Int16Range int16_range(model::Activation activation, float scale) {
    const Limits limits = limits_of(activation);
    return {quantized<int16_t>(limits.low, scale, 0), quantized<int16_t>(limits.high, scale, 0)};
}

}  // namespace ganglion::compile
