#include "device/kernels/packed_fully_connected.hpp"

#include "device/kernels/cortex_m4/clamp.hpp"
#include "device/kernels/cortex_m4/dsp.hpp"

// Four outputs share the sign extension of the input: 16 instructions for 16 products.

namespace ganglion {
namespace {

/// Sums of outputs a and c, and of the pairs 256 * b + a and 256 * d + c.
struct Sums {
    int32_t a, ab, c, cd;
};

/// Adds four taps' products; `weights` are the record's four words.
[[gnu::always_inline]] inline void add_four_taps(Sums& sums, uint32_t four,
                                                 const uint32_t* weights) {
    const uint32_t low = dsp::even_bytes(four);
    const uint32_t high = dsp::odd_bytes(four);
    sums.ab = dsp::multiply_add(weights[0], low, sums.ab);
    sums.a = dsp::multiply_add(dsp::even_bytes(weights[0]), low, sums.a);
    sums.ab = dsp::multiply_add(weights[1], high, sums.ab);
    sums.a = dsp::multiply_add(dsp::even_bytes(weights[1]), high, sums.a);
    sums.cd = dsp::multiply_add(weights[2], low, sums.cd);
    sums.c = dsp::multiply_add(dsp::even_bytes(weights[2]), low, sums.c);
    sums.cd = dsp::multiply_add(weights[3], high, sums.cd);
    sums.c = dsp::multiply_add(dsp::even_bytes(weights[3]), high, sums.c);
}

/// Adds `pairs` (at least 1) times eight taps' products and moves both pointers behind them.
[[gnu::always_inline]] inline void add_pairs(Sums& sums, const int8_t*& input,
                                             const uint32_t*& weights, uint32_t pairs) {
    uint32_t low = 0;
    uint32_t high = 0;
    asm(R"(
    1:
        .rept 2
        ldr     %[high], [%[input]], #4
        ldm     %[weights]!, {r4, r5, r6, r8}
        sxtb16  %[low], %[high]
        sxtb16  %[high], %[high], ror #8
        smlad   %[ab], r4, %[low], %[ab]
        sxtb16  r4, r4
        smlad   %[cd], r6, %[low], %[cd]
        sxtb16  r6, r6
        smlad   %[a], r4, %[low], %[a]
        smlad   %[c], r6, %[low], %[c]
        smlad   %[ab], r5, %[high], %[ab]
        sxtb16  r5, r5
        smlad   %[cd], r8, %[high], %[cd]
        sxtb16  r8, r8
        smlad   %[a], r5, %[high], %[a]
        smlad   %[c], r8, %[high], %[c]
        .endr
        subs    %[pairs], %[pairs], #1
        bne     1b
    )"
        : [a] "+r"(sums.a), [ab] "+r"(sums.ab), [c] "+r"(sums.c), [cd] "+r"(sums.cd),
          [input] "+r"(input), [weights] "+r"(weights), [pairs] "+r"(pairs), [low] "=&r"(low),
          [high] "=&r"(high)
        :
        : "r4", "r5", "r6", "r8", "cc", "memory");
}

/// The scale of all outputs. Where the right shift allows, as packed_requantize() does it.
struct Scale {
    int32_t multiplier;
    int32_t shift;
    int32_t rounding;
    uint32_t shift_less_1;
    const OutputRange& range;

    explicit Scale(const PackedFullyConnectedOp& op)
        : multiplier(op.multiplier),
          shift(op.shift),
          rounding(0),
          shift_less_1(static_cast<uint32_t>(-op.shift - 1)),
          range(op.range) {
        if (is_packed())
            rounding = static_cast<int32_t>((2 * range.zero_point + 1) << shift_less_1);
    }

    bool is_packed() const { return shift_less_1 <= kMostPackedShift; }

    /// `sign`: any number with the sum's sign.
    [[gnu::always_inline]] int8_t packed(int32_t twice, int32_t sign) const {
        const int32_t high =
            dsp::high_multiply_add(twice, multiplier, add_wrapping(rounding, sign >> 31));
        return static_cast<int8_t>(__ssat(high >> shift_less_1 >> 1, 8));
    }

    /// Rare, so small before fast.
    [[gnu::noinline]] int8_t any(int32_t sum) const {
        return to_output(requantize(sum, multiplier, shift), range);
    }
};

int32_t difference(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

[[gnu::always_inline]] inline void put_four(const Sums& sums, const Scale& scale, int8_t* output) {
    if (scale.is_packed()) {
        const int32_t b = difference(sums.ab, sums.a);
        const int32_t d = difference(sums.cd, sums.c);
        output[0] = scale.packed(shift_left(sums.a, 1), sums.a);
        output[1] = scale.packed(b >> 7, b);
        output[2] = scale.packed(shift_left(sums.c, 1), sums.c);
        output[3] = scale.packed(d >> 7, d);
    } else {
        output[0] = scale.any(sums.a);
        output[1] = scale.any(difference(sums.ab, sums.a) >> 8);
        output[2] = scale.any(sums.c);
        output[3] = scale.any(difference(sums.cd, sums.c) >> 8);
    }
}

/// One row of the product.
void multiply_row(const PackedFullyConnectedOp& op, const uint32_t* record, const int8_t* input,
                  int8_t* output) {
    const Scale scale(op);
    const uint32_t pairs = op.depth / 8;
    const bool one_more = (op.depth & 4) != 0;
    const uint32_t few = op.depth & 3;
    uint32_t rest = 0;  // taps after the last whole four
    for (uint32_t i = 0; i < few; ++i) {
        rest |= uint32_t{static_cast<uint8_t>(input[op.depth - few + i])} << (8 * i);
    }
    for (auto left = static_cast<int32_t>(op.out); left > 0; left -= 4, output += 4) {
        Sums sums{};
        sums.a = static_cast<int32_t>(record[0]);
        sums.ab = static_cast<int32_t>(record[1]);
        sums.c = static_cast<int32_t>(record[2]);
        sums.cd = static_cast<int32_t>(record[3]);
        record += 4;
        const int8_t* taps = input;
        if (pairs != 0) add_pairs(sums, taps, record, pairs);
        if (one_more) {
            add_four_taps(sums, dsp::load(taps), record);
            record += 4;
        }
        if (few != 0) {
            add_four_taps(sums, rest, record);
            record += 4;
        }
        if (left >= 4) {
            put_four(sums, scale, output);
        } else {
            int8_t four[4];
            put_four(sums, scale, four);
            for (int32_t i = 0; i < left; ++i) output[i] = four[i];
        }
    }
}

}  // namespace

void packed_fully_connected(const PackedFullyConnectedOp& op, int8_t* arena,
                            const uint8_t* constants) {
    for (uint32_t row = 0; row < op.rows; ++row) {
        multiply_row(op, reinterpret_cast<const uint32_t*>(constants + op.records),
                     arena + op.input + row * op.depth, arena + op.output + row * op.out);
    }
    cortex_m4::clamp(arena + op.output, op.rows * op.out, op.range);
}

}  // namespace ganglion
