#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "device/kernels/requantize.hpp"

namespace ganglion::fixed_point {

// Numbers are int32 with an implied binary point: Q0 is a fraction in [-1, 1) (31 fractional bits),
// Q2 has 2 integer bits, Q5 has 5, and so on. The algorithms and their order of roundings are those
// which the TFLite int8 reference defines through gemmlowp's fixed-point library, since equal bits
// need equal roundings.

inline constexpr int32_t kOne =
    std::numeric_limits<int32_t>::max();  ///< the largest Q0 stands for 1

/// Product of Qa and Qb in Q(a+b), rounded; the one overflow saturates.
constexpr int32_t multiply(int32_t a, int32_t b) {
    constexpr int32_t kMinimum = std::numeric_limits<int32_t>::min();
    return a == kMinimum && b == kMinimum ? kOne : doubling_high_multiply(a, b);
}

/// x * 2^bits, saturated: moves the binary point from Qn to Q(n - bits).
constexpr int32_t saturating_shift_left(int32_t x, int32_t bits) {
    const int64_t wide = static_cast<int64_t>(x) * (int64_t{1} << bits);
    if (wide > std::numeric_limits<int32_t>::max()) return std::numeric_limits<int32_t>::max();
    if (wide < std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::min();
    return static_cast<int32_t>(wide);
}

constexpr int32_t add_saturating(int32_t a, int32_t b) {
    const int64_t sum = static_cast<int64_t>(a) + b;
    if (sum > std::numeric_limits<int32_t>::max()) return std::numeric_limits<int32_t>::max();
    if (sum < std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::min();
    return static_cast<int32_t>(sum);
}

/// (a + b) / 2, ties away from zero.
constexpr int32_t half_sum(int32_t a, int32_t b) {
    const int64_t sum = static_cast<int64_t>(a) + b;
    return static_cast<int32_t>((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/// exp(x) for x in [-1/4, 0), Q0 to Q0: fourth-order Taylor series around -1/8.
constexpr int32_t exp_of_last_quarter(int32_t x) {
    constexpr int32_t kExpOfMinusEighth = 1895147668;  // exp(-1/8) in Q0
    constexpr int32_t kOneThird = 715827883;
    const int32_t y = add_wrapping(x, 1 << 28);  // x + 1/8
    const int32_t y2 = multiply(y, y);
    const int32_t y3 = multiply(y2, y);
    const int32_t y4_quarter = rounding_shift_right(multiply(y2, y2), 2);
    // y^4/24 + y^3/6 + y^2/2
    const int32_t higher = rounding_shift_right(
        add_wrapping(multiply(add_wrapping(y4_quarter, y3), kOneThird), y2), 1);
    return add_saturating(kExpOfMinusEighth, multiply(kExpOfMinusEighth, add_wrapping(y, higher)));
}

/// exp(x) for x <= 0 with `integer_bits` integer bits (at most 5), to Q0. The part modulo 1/4 goes
/// through the series; each bit of the rest multiplies by a constant exp(-2^k).
template <int integer_bits>
constexpr int32_t exp_of_negative(int32_t x) {
    static_assert(integer_bits >= 1 && integer_bits <= 5);
    constexpr int kFractionBits = 31 - integer_bits;
    constexpr int32_t kQuarter = 1 << (kFractionBits - 2);
    constexpr int32_t kExpOfMinusPower[] = {1672461947, 1302514674, 790015084, 290630308,
                                            39332535,   720401,     242};
    if (x == 0) return kOne;
    const int32_t in_last_quarter = (x & (kQuarter - 1)) - kQuarter;
    int32_t result = exp_of_last_quarter(saturating_shift_left(in_last_quarter, integer_bits));
    const int32_t rest = subtract_wrapping(in_last_quarter, x);
    for (int exponent = -2; exponent < integer_bits; ++exponent) {
        if ((rest & (1 << (kFractionBits + exponent))) != 0) {
            result = multiply(result, kExpOfMinusPower[exponent + 2]);
        }
    }
    return result;
}

/// 2 / (1 + x) for x in [0, 1), Q0 to Q2: three Newton-Raphson steps from 48/17 - 32/17 *
/// denominator / 2.
constexpr int32_t two_over_one_plus(int32_t x) {
    constexpr int32_t kQ2One = 1 << 29;
    constexpr int32_t k48Over17 = 1515870810;      // Q2
    constexpr int32_t kNeg32Over17 = -1010580540;  // Q2
    const int32_t half_denominator = half_sum(x, kOne);
    int32_t estimate = add_wrapping(k48Over17, multiply(half_denominator, kNeg32Over17));
    for (int step = 0; step < 3; ++step) {
        const int32_t error = subtract_wrapping(kQ2One, multiply(half_denominator, estimate));
        estimate = add_wrapping(estimate, saturating_shift_left(multiply(estimate, error), 2));
    }
    return estimate;
}

/// 1 / (1 + x) for x in [0, 1), Q0 to Q0.
constexpr int32_t one_over_one_plus(int32_t x) {
    return saturating_shift_left(two_over_one_plus(x), 1);  // halved, from Q2 to Q0
}

/// 1 / (1 + exp(-x)) for x with `integer_bits` integer bits, to Q0.
template <int integer_bits>
constexpr int32_t logistic(int32_t x) {
    if (x == 0) return 1 << 30;
    const int32_t of_magnitude = one_over_one_plus(exp_of_negative<integer_bits>(x > 0 ? -x : x));
    return x > 0 ? of_magnitude : kOne - of_magnitude;
}

/// tanh(x) for x with `integer_bits` integer bits (at most 4), to Q0: with e = exp(-2 |x|), (1 - e)
/// / (1 + e) = 2 / (1 + e) - 1.
template <int integer_bits>
constexpr int32_t tanh(int32_t x) {
    constexpr int32_t kQ2One = 1 << 29;
    if (x == 0) return 0;
    // The same bits with one more before the point are twice the value.
    const int32_t exponential = exp_of_negative<integer_bits + 1>(x > 0 ? -x : x);
    const int32_t of_magnitude =
        saturating_shift_left(subtract_wrapping(two_over_one_plus(exponential), kQ2One), 2);
    return x > 0 ? of_magnitude : -of_magnitude;
}

}  // namespace ganglion::fixed_point
