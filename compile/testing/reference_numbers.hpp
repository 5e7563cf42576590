#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "model/graph.hpp"

// The numbers of the plain interpreter (reference.hpp): scales, zero points, roundings.

namespace ganglion::compile::reference {

using model::Tensor;

/// real = mantissa * 2^(exponent - 31).
struct Factor {
    int64_t mantissa;
    int exponent;
};

inline Factor factor_of(double real) {
    if (real == 0) return {0, 0};
    Factor factor{};
    factor.mantissa =
        static_cast<int64_t>(std::llround(std::frexp(real, &factor.exponent) * 2147483648.0));
    return factor.mantissa == 2147483648 ? Factor{factor.mantissa / 2, factor.exponent + 1}
                                         : factor;
}

/// x * factor in the specification's fixed point: two roundings.
inline int32_t scale_by(int32_t x, const Factor& factor) {
    const int64_t shifted = factor.exponent > 0 ? int64_t{x} * (int64_t{1} << factor.exponent) : x;
    const int64_t product = shifted * factor.mantissa;
    const int64_t high =
        (product + (product >= 0 ? (1 << 30) : 1 - (1 << 30))) / (int64_t{1} << 31);
    if (factor.exponent >= 0) return static_cast<int32_t>(high);
    const double divided = static_cast<double>(high) / std::ldexp(1.0, -factor.exponent);
    return static_cast<int32_t>(std::round(divided));  // ties away from zero
}

inline int32_t scale_by(int32_t x, double real) {
    return scale_by(x, factor_of(real));
}

inline float scale(const Tensor& tensor, size_t channel = 0) {
    const auto& scales = tensor.quantization.scales;
    return scales.size() == 1 ? scales[0] : scales[channel];
}

inline int32_t zero(const Tensor& tensor) {
    return static_cast<int32_t>(tensor.quantization.zero_points[0]);
}

inline int8_t activate(int32_t value, const Tensor& output, model::Activation activation) {
    const auto quantize = [&](float real) {
        return zero(output) + static_cast<int32_t>(std::round(real / scale(output)));
    };
    int32_t low = -128;
    int32_t high = 127;
    if (activation == model::Activation::relu || activation == model::Activation::relu6)
        low = std::max(low, quantize(0));
    if (activation == model::Activation::relu6) high = std::min(high, quantize(6));
    if (activation == model::Activation::relu_n1_to_1) {
        low = std::clamp(quantize(-1), low, high);
        high = std::clamp(quantize(1), low, high);
    }
    return static_cast<int8_t>(std::clamp(value + zero(output), low, high));
}

}  // namespace ganglion::compile::reference
