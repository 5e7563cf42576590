#include "compile/quantization.hpp"

#include <algorithm>
#include <cmath>
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

OutputRange output_range(model::Activation activation, float scale, int32_t zero_point) {
    const auto quantized = [&](float real) {
        const float value = static_cast<float>(zero_point) + std::round(real / scale);
        return static_cast<int8_t>(std::clamp(value, -128.0F, 127.0F));
    };
    OutputRange range{static_cast<int16_t>(zero_point), -128, 127};
    switch (activation) {
        case model::Activation::none:
            return range;
        case model::Activation::relu:
            range.minimum = quantized(0.0F);
            return range;
        case model::Activation::relu6:
            range.minimum = quantized(0.0F);
            range.maximum = quantized(6.0F);
            return range;
        case model::Activation::relu_n1_to_1:
            range.minimum = quantized(-1.0F);
            range.maximum = quantized(1.0F);
            return range;
        case model::Activation::tanh:
            throw std::runtime_error(
                "its fused activation TANH is not a clamp; use a TANH operator behind it");
        case model::Activation::sign_bit:
            break;
    }
    throw std::runtime_error(
        "its fused activation SIGN_BIT is not a clamp; use none, RELU, RELU6 or RELU_N1_TO_1");
}

}  // namespace ganglion::compile
