#pragma once

#include <cstdint>

#include "device/features/power_spectrum.hpp"

namespace ganglion {

/// Upper half of the 64-bit product.
inline int32_t multiply_high(int32_t a, int32_t b) {
    return static_cast<int32_t>((static_cast<int64_t>(a) * b) >> 32U);
}

/// e^(-i angle) in Q31.
struct Twiddle {
    int32_t cos, sin;
};

/// Half the product: Q31 halves it.
inline Complex multiply(const Complex& b, const Twiddle& w) {
    return {multiply_high(b.re, w.cos) + multiply_high(b.im, w.sin),
            multiply_high(b.im, w.cos) - multiply_high(b.re, w.sin)};
}

/// The butterfly (a + w b, a - w b) / 2; kTurned: with -i w for w.
template <bool kTurned>
inline void join(Complex& a, Complex& b, const Twiddle& w) {
    const Complex t = multiply(b, w);
    const Complex h = {a.re >> 1, a.im >> 1};
    if constexpr (kTurned) {
        a = {h.re + t.im, h.im - t.re};
        b = {h.re - t.im, h.im + t.re};
    } else {
        a = {h.re + t.re, h.im + t.im};
        b = {h.re - t.re, h.im - t.im};
    }
}

/// Two stages over the values x[0], x[half], x[2 half] and x[3 half], each loaded and stored once,
/// and over all such `4 * half` further on before `end`. kTurned: the first stage's twiddle is -i
/// `first`.
template <bool kTurned>
[[gnu::always_inline]] inline void two_stages(Complex* x, const Complex* end, uint32_t half,
                                              const Twiddle& first, const Twiddle& second) {
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__OPTIMIZE__)
    // Fourteen values at a time fill the register file; GCC keeps half of them in memory.
    // Comments name what a register holds from there on.
    const uint32_t stride = half * sizeof(Complex);
    while (x < end) {
        int32_t ar, ai, br, bi, cr, ci, dr, di, wr, wi, t;
        asm volatile(
            "add   %[t], %[x], %[h]            \n"
            "ldrd  %[br], %[bi], [%[t]]        \n"
            "ldrd  %[wr], %[wi], %[w1]         \n"
            "smmul %[t], %[br], %[wr]          \n"  // w1 b, real
            "smmla %[t], %[bi], %[wi], %[t]    \n"
            "smmul %[bi], %[bi], %[wr]         \n"
            "smmul %[br], %[br], %[wi]         \n"
            "sub   %[bi], %[bi], %[br]         \n"  // w1 b, imaginary
            "ldrd  %[ar], %[ai], [%[x]]        \n"
            ".if %c[turned]                    \n"
            "rsb   %[br], %[bi], %[ar], asr #1 \n"
            "add   %[ar], %[bi], %[ar], asr #1 \n"
            "add   %[bi], %[t], %[ai], asr #1  \n"
            "rsb   %[t], %[t], %[ai], asr #1   \n"  // a, imaginary
            ".else                             \n"
            "rsb   %[br], %[t], %[ar], asr #1  \n"
            "add   %[ar], %[t], %[ar], asr #1  \n"
            "add   %[t], %[bi], %[ai], asr #1  \n"  // a, imaginary
            "rsb   %[bi], %[bi], %[ai], asr #1 \n"
            ".endif                            \n"
            "add   %[ai], %[x], %[h], lsl #1   \n"
            "ldrd  %[cr], %[ci], [%[ai]]       \n"
            "add   %[ai], %[ai], %[h]          \n"
            "ldrd  %[dr], %[di], [%[ai]]       \n"
            "smmul %[ai], %[dr], %[wr]         \n"  // w1 d, real
            "smmla %[ai], %[di], %[wi], %[ai]  \n"
            "smmul %[di], %[di], %[wr]         \n"
            "smmul %[dr], %[dr], %[wi]         \n"
            "sub   %[di], %[di], %[dr]         \n"  // w1 d, imaginary
            ".if %c[turned]                    \n"
            "rsb   %[dr], %[di], %[cr], asr #1 \n"
            "add   %[cr], %[di], %[cr], asr #1 \n"
            "add   %[di], %[ai], %[ci], asr #1 \n"
            "rsb   %[ai], %[ai], %[ci], asr #1 \n"  // c, imaginary
            ".else                             \n"
            "rsb   %[dr], %[ai], %[cr], asr #1 \n"
            "add   %[cr], %[ai], %[cr], asr #1 \n"
            "add   %[ai], %[di], %[ci], asr #1 \n"  // c, imaginary
            "rsb   %[di], %[di], %[ci], asr #1 \n"
            ".endif                            \n"
            "ldrd  %[wr], %[wi], %[w2]         \n"
            "smmul %[ci], %[cr], %[wr]         \n"  // w2 c, real
            "smmla %[ci], %[ai], %[wi], %[ci]  \n"
            "smmul %[ai], %[ai], %[wr]         \n"
            "smmul %[cr], %[cr], %[wi]         \n"
            "sub   %[ai], %[ai], %[cr]         \n"  // w2 c, imaginary
            "rsb   %[cr], %[ci], %[ar], asr #1 \n"
            "add   %[ar], %[ci], %[ar], asr #1 \n"
            "add   %[ci], %[ai], %[t], asr #1  \n"  // a, imaginary
            "rsb   %[ai], %[ai], %[t], asr #1  \n"
            "strd  %[ar], %[ci], [%[x]]        \n"
            "add   %[t], %[x], %[h], lsl #1    \n"
            "strd  %[cr], %[ai], [%[t]]        \n"
            "smmul %[ar], %[dr], %[wr]         \n"  // w2 d, real
            "smmla %[ar], %[di], %[wi], %[ar]  \n"
            "smmul %[di], %[di], %[wr]         \n"
            "smmul %[dr], %[dr], %[wi]         \n"
            "sub   %[di], %[di], %[dr]         \n"  // w2 d, imaginary
            "add   %[cr], %[di], %[br], asr #1 \n"  // b, real
            "rsb   %[dr], %[di], %[br], asr #1 \n"
            "rsb   %[ci], %[ar], %[bi], asr #1 \n"  // b, imaginary
            "add   %[di], %[ar], %[bi], asr #1 \n"
            "sub   %[ai], %[t], %[h]           \n"
            "strd  %[cr], %[ci], [%[ai]]       \n"
            "add   %[t], %[t], %[h]            \n"
            "strd  %[dr], %[di], [%[t]]        \n"
            "add   %[x], %[x], %[h], lsl #2    \n"
            : [x] "+r"(x), [ar] "=&r"(ar), [ai] "=&r"(ai), [br] "=&r"(br), [bi] "=&r"(bi),
              [cr] "=&r"(cr), [ci] "=&r"(ci), [dr] "=&r"(dr), [di] "=&r"(di), [wr] "=&r"(wr),
              [wi] "=&r"(wi), [t] "=&r"(t)
            : [h] "r"(stride), [w1] "m"(first), [w2] "m"(second), [turned] "i"(kTurned)
            : "memory");
    }
#else
    for (; x < end; x += 4 * size_t{half}) {
        Complex& a = x[0];
        Complex& b = x[half];
        Complex& c = x[2 * size_t{half}];
        Complex& d = x[3 * size_t{half}];
        join<kTurned>(a, b, first);
        join<kTurned>(c, d, first);
        join<false>(a, c, second);
        join<true>(b, d, second);
    }
#endif
}

}  // namespace ganglion
