#include "device/kernels/softmax.hpp"

#include <algorithm>

#include "device/kernels/fixed_point.hpp"

namespace ganglion {
namespace {

constexpr int kDifferenceBits = 5;  // integer bits of a scaled difference
constexpr int kSumBits = 12;        // integer bits of the sum of exponentials
constexpr uint32_t kKept = 16;      // exponentials of a row that are kept; others come twice

/// 0 where the difference is too large to matter. Not inlined: it is large, and the few classes of
/// a model do not make it fast or slow.
[[gnu::noinline]] int32_t exponential(int32_t difference, const SoftmaxOp& op) {
    if (difference < op.difference_minimum) return 0;
    const int32_t scaled =
        fixed_point::multiply(shift_left(difference, op.left_shift), op.multiplier);
    return fixed_point::exp_of_negative<kDifferenceBits>(scaled);
}

void softmax_row(const SoftmaxOp& op, const int8_t* input, int8_t* output) {
    const int8_t largest = *std::max_element(input, input + op.depth);
    int32_t kept[kKept];
    int32_t sum = 0;
    for (uint32_t i = 0; i < op.depth; ++i) {
        const int32_t value = exponential(input[i] - largest, op);
        if (i < kKept) kept[i] = value;
        sum += rounding_shift_right(value, kSumBits);
    }
    // 1 / sum = 1 / (1 + fraction) * 2^-k with the sum's leading bit moved to the top.
    const int leading_zeros = std::countl_zero(static_cast<uint32_t>(sum));
    const auto fraction =
        static_cast<int32_t>((static_cast<uint32_t>(sum) << leading_zeros) - (1U << 31));
    const int32_t reciprocal = fixed_point::one_over_one_plus(fraction);
    const int32_t exponent = kSumBits - leading_zeros + 31 - 8;
    for (uint32_t i = 0; i < op.depth; ++i) {
        const int32_t value = i < kKept ? kept[i] : exponential(input[i] - largest, op);
        const int32_t product = fixed_point::multiply(reciprocal, value);
        output[i] = static_cast<int8_t>(
            std::min<int32_t>(rounding_shift_right(product, exponent) - 128, 127));
    }
}

}  // namespace

void softmax(const SoftmaxOp& op, int8_t* arena, const uint8_t*) {
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    for (uint32_t row = 0; row < op.rows; ++row, input += op.depth, output += op.depth) {
        softmax_row(op, input, output);
    }
}

}  // namespace ganglion
