#include "device/features/power_spectrum.hpp"

#include <array>
#include <bit>

namespace ganglion {

namespace {

constexpr uint32_t kQuarter = kMaximumFft / 4;

// cos on [0, pi/2] by its Taylor series, evaluated by the compiler: equal bits on every target.
constexpr double cosine(double x) {
    double term = 1.0;
    double sum = 1.0;
    for (int i = 1; i <= 14; ++i) {
        term *= -x * x / ((2.0 * i - 1.0) * (2.0 * i));
        sum += term;
    }
    return sum;
}

constexpr auto make_cosines() {
    std::array<int32_t, kQuarter + 1> table{};
    constexpr double half_pi = 1.57079632679489661923;
    for (uint32_t i = 0; i <= kQuarter; ++i) {
        const double value = cosine(half_pi * i / kQuarter) * 2147483648.0 + 0.5;
        table[i] = value >= 2147483647.0 ? INT32_MAX : static_cast<int32_t>(value);
    }
    return table;
}

/// cos(2 pi i / kMaximumFft) in Q31, i = 0..quarter; the sine reads it backwards.
constexpr std::array<int32_t, kQuarter + 1> cosines = make_cosines();

// Upper half of the 64-bit product: one instruction (SMMUL) on Cortex-M4.
inline int32_t multiply_high(int32_t a, int32_t b) {
    return static_cast<int32_t>((static_cast<int64_t>(a) * b) >> 32U);
}

// The first two stages have the twiddles 1 and -i only; together they divide by 4.
void first_two_stages(Complex* x, uint32_t count) {
    for (Complex* end = x + count; x != end; x += 4) {
        const Complex sum_even = {(x[0].re + x[1].re) >> 2, (x[0].im + x[1].im) >> 2};
        const Complex dif_even = {(x[0].re - x[1].re) >> 2, (x[0].im - x[1].im) >> 2};
        const Complex sum_odd = {(x[2].re + x[3].re) >> 2, (x[2].im + x[3].im) >> 2};
        const Complex dif_odd = {(x[2].re - x[3].re) >> 2, (x[2].im - x[3].im) >> 2};
        x[0] = {sum_even.re + sum_odd.re, sum_even.im + sum_odd.im};
        x[2] = {sum_even.re - sum_odd.re, sum_even.im - sum_odd.im};
        x[1] = {dif_even.re + dif_odd.im, dif_even.im - dif_odd.re};
        x[3] = {dif_even.re - dif_odd.im, dif_even.im + dif_odd.re};
    }
}

// One stage joins pairs of `half`-point transforms. The butterflies j and j + half/2 share a
// twiddle up to -i.
void stage(Complex* x, uint32_t count, uint32_t half) {
    const uint32_t step = kMaximumFft / (2 * half);
    const uint32_t shared = half / 2;
    for (uint32_t j = 0; j < shared; ++j) {
        const int32_t c = cosines[j * step];
        const int32_t s = cosines[kQuarter - j * step];
        for (Complex* p = x + j; p < x + count; p += 2 * size_t{half}) {
            Complex& a = p[0];
            Complex& b = p[half];
            const Complex t = {multiply_high(b.re, c) + multiply_high(b.im, s),
                               multiply_high(b.im, c) - multiply_high(b.re, s)};
            const Complex h = {a.re >> 1, a.im >> 1};
            a = {h.re + t.re, h.im + t.im};
            b = {h.re - t.re, h.im - t.im};
            Complex& d = p[shared];
            Complex& e = p[half + shared];
            const Complex u = {multiply_high(e.re, c) + multiply_high(e.im, s),
                               multiply_high(e.im, c) - multiply_high(e.re, s)};
            const Complex g = {d.re >> 1, d.im >> 1};
            d = {g.re + u.im, g.im - u.re};
            e = {g.re - u.im, g.im + u.re};
        }
    }
}

inline uint64_t power(int32_t re, int32_t im) {
    return static_cast<uint64_t>(static_cast<int64_t>(re) * re) +
           static_cast<uint64_t>(static_cast<int64_t>(im) * im);
}

// Splits the transform of even + i*odd samples into that of the real signal (two bins at a time)
// and squares it.
void real_power(Complex* x, uint64_t* out, uint32_t count) {
    const uint32_t step = kMaximumFft / (2 * count);
    const Complex first = x[0];
    for (uint32_t k = 1; k < count / 2; ++k) {
        const Complex z = x[k];
        const Complex y = x[count - k];
        const int32_t c = cosines[k * step];
        const int32_t s = cosines[kQuarter - k * step];
        const Complex even = {(z.re + y.re) >> 1, (z.im - y.im) >> 1};
        const Complex odd2 = {z.im + y.im, y.re - z.re};  // twice the odd part: Q31 halves it
        const Complex t = {multiply_high(odd2.re, c) + multiply_high(odd2.im, s),
                           multiply_high(odd2.im, c) - multiply_high(odd2.re, s)};
        out[k] = power(even.re + t.re, even.im + t.im);
        out[count - k] = power(even.re - t.re, even.im - t.im);
    }
    const Complex middle = x[count / 2];
    out[count / 2] = power(middle.re, middle.im);
    out[0] = power(first.re + first.im, 0);
    out[count] = power(first.re - first.im, 0);
}

}  // namespace

void power_spectrum(void* memory, uint32_t fft_size) {
    const uint32_t count = fft_size / 2;
    auto* x = static_cast<Complex*>(memory);
    first_two_stages(x, count);
    for (uint32_t half = 4; half < count; half *= 2) stage(x, count, half);
    real_power(x, static_cast<uint64_t*>(memory), count);
}

}  // namespace ganglion
