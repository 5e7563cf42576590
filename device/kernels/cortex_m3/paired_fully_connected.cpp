#include "device/kernels/paired_fully_connected.hpp"

#include "device/kernels/scalar/clamp.hpp"
#include "device/kernels/scalar/scale.hpp"

// SMLAL sums an input times two weights at once in 64 bits: weight of a, made positive, in the
// lowest byte, weight of b in the highest. Two ANDs take two such words out of one: 24 instructions
// for 16 products.

namespace ganglion {
namespace {

constexpr uint32_t kMostAtOnce = 256;  // products of 255 and -128 whose sum fits 24 bits

/// Sums of four outputs; of the first in each pair with weights that are 128 too high.
struct Sums {
    int32_t a = 0, b = 0, c = 0, d = 0;
};

/// Parts the two sums of a register pair.
[[gnu::always_inline]] inline void add_parted(uint32_t lower, uint32_t upper, int32_t& first,
                                              int32_t& second) {
    const int32_t low = static_cast<int32_t>(lower << 8) >> 8;
    const uint64_t rest = (static_cast<uint64_t>(upper) << 32 | lower) - static_cast<int64_t>(low);
    first += low;
    second += static_cast<int32_t>(rest >> 24);
}

/// Adds the products of `count` taps, a positive multiple of 4, at most kMostAtOnce.
[[gnu::always_inline]] inline void add_products(Sums& sums, const int8_t*& input,
                                                const uint8_t*& weights, uint32_t count) {
    uint32_t ab0 = 0;
    uint32_t ab1 = 0;
    uint32_t cd0 = 0;
    uint32_t cd1 = 0;
    uint32_t first = 0;
    uint32_t second = 0;
    uint32_t pair = 0;
    int32_t value = 0;
#define GANGLION_TWO_TAPS                                 \
    "ldrd   %[w0], %[w1], [%[weights]], #8            \n" \
    "ldrsb  %[x], [%[input]], #1                      \n" \
    "and    %[pair], %[mask], %[w0]                   \n" \
    "smlal  %[ab0], %[ab1], %[pair], %[x]             \n" \
    "and    %[pair], %[mask], %[w1]                   \n" \
    "smlal  %[cd0], %[cd1], %[pair], %[x]             \n" \
    "ldrsb  %[x], [%[input]], #1                      \n" \
    "and    %[w0], %[mask], %[w0], ror #16            \n" \
    "smlal  %[ab0], %[ab1], %[w0], %[x]               \n" \
    "and    %[w1], %[mask], %[w1], ror #16            \n" \
    "smlal  %[cd0], %[cd1], %[w1], %[x]               \n"
    asm("1:                                               \n"  //
        GANGLION_TWO_TAPS GANGLION_TWO_TAPS
        "cmp    %[input], %[end]                          \n"
        "bne    1b                                        \n"
        : [ab0] "+r"(ab0), [ab1] "+r"(ab1), [cd0] "+r"(cd0), [cd1] "+r"(cd1), [input] "+r"(input),
          [weights] "+r"(weights), [w0] "=&r"(first), [w1] "=&r"(second), [pair] "=&r"(pair),
          [x] "=&r"(value)
        : [mask] "r"(0xff0000ffU), [end] "r"(input + count)
        : "cc", "memory");
#undef GANGLION_TWO_TAPS
    add_parted(ab0, ab1, sums.a, sums.b);
    add_parted(cd0, cd1, sums.c, sums.d);
}

int32_t sum_of(const int8_t* values, uint32_t count) {
    int32_t sum = 0;
    for (const int8_t* end = values + count; values != end; values += 4)
        sum += values[0] + values[1] + values[2] + values[3];
    return sum;
}

}  // namespace

void paired_fully_connected(const PairedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants) {
    const int8_t* input = arena + op.input;
    int8_t* output = arena + op.output;
    const int32_t too_much = 128 * sum_of(input, op.depth);
    const uint8_t* record = constants + op.records;
    for (uint32_t done = 0; done < op.out; done += 4) {
        const auto* rows = reinterpret_cast<const PairedRow*>(record);
        record += 4 * sizeof(PairedRow);
        const int8_t* values = input;
        Sums sums;
        for (uint32_t left = op.depth; left > 0;) {
            const uint32_t count = left < kMostAtOnce ? left : kMostAtOnce;
            add_products(sums, values, record, count);
            left -= count;
        }
        const int32_t four[] = {sums.a - too_much, sums.b, sums.c - too_much, sums.d};
        const uint32_t exist = op.out - done < 4 ? op.out - done : 4;
        for (uint32_t i = 0; i < exist; ++i) {
            const scalar::Scale scale(rows[i].multiplier, rows[i].shift_less_1,
                                      2 * op.range.zero_point + 1);
            output[done + i] = scale.output(four[i] + rows[i].bias);
        }
    }
    scalar::clamp(output, op.out, op.range);
}

}  // namespace ganglion
