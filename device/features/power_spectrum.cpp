#include "device/features/power_spectrum.hpp"

#include <array>

#include "device/features/fft_stages.hpp"

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

/// Of the angle 2 pi i / kMaximumFft, up to a quarter turn.
inline Twiddle twiddle(uint32_t i) {
    return {cosines[i], cosines[kQuarter - i]};
}

// The first two stages have the twiddles 1 and -i only; together they divide by 4.
void first_two_stages(Complex* x, uint32_t count) {
    for (Complex* const end = x + count; x != end; x += 4) {
        const Complex a = x[0];
        const Complex b = x[1];
        const Complex c = x[2];
        const Complex d = x[3];
        const Complex sum_even = {(a.re + b.re) >> 2, (a.im + b.im) >> 2};
        const Complex dif_even = {(a.re - b.re) >> 2, (a.im - b.im) >> 2};
        const Complex sum_odd = {(c.re + d.re) >> 2, (c.im + d.im) >> 2};
        const Complex dif_odd = {(c.re - d.re) >> 2, (c.im - d.im) >> 2};
        x[0] = {sum_even.re + sum_odd.re, sum_even.im + sum_odd.im};
        x[1] = {dif_even.re + dif_odd.im, dif_even.im - dif_odd.re};
        x[2] = {sum_even.re - sum_odd.re, sum_even.im - sum_odd.im};
        x[3] = {dif_even.re - dif_odd.im, dif_even.im + dif_odd.re};
    }
}

// One stage joins pairs of `half`-point transforms. The butterflies j and j + half/2 share a
// twiddle up to -i.
void stage(Complex* x, uint32_t count, uint32_t half) {
    const uint32_t step = kMaximumFft / (2 * half);
    const uint32_t shared = half / 2;
    for (uint32_t j = 0; j < shared; ++j) {
        const Twiddle w = twiddle(j * step);
        for (Complex* p = x + j; p < x + count; p += 2 * size_t{half}) {
            join<false>(p[0], p[half], w);
            join<true>(p[shared], p[half + shared], w);
        }
    }
}

void two_stages(Complex* x, uint32_t count, uint32_t half) {
    const Complex* const end = x + count;
    const uint32_t step = kMaximumFft / (4 * half);
    const uint32_t shared = half / 2;
    for (uint32_t j = 0; j < shared; ++j) {
        const Twiddle first = twiddle(2 * j * step);
        two_stages<false>(x + j, end, half, first, twiddle(j * step));
        two_stages<true>(x + j + shared, end, half, first, twiddle((j + shared) * step));
    }
}

inline uint64_t power(int32_t re, int32_t im) {
    return (static_cast<uint64_t>(static_cast<int64_t>(re) * re) +
            static_cast<uint64_t>(static_cast<int64_t>(im) * im)) >>
           16U;
}

// Splits the transform of even + i*odd samples into that of the real signal (two bins at a time)
// and squares it.
void real_power(Complex* x, uint64_t* out, uint32_t count) {
    const uint32_t step = kMaximumFft / (2 * count);
    const Complex first = x[0];
    for (uint32_t k = 1; k < count / 2; ++k) {
        const Complex z = x[k];
        const Complex y = x[count - k];
        const Complex even = {(z.re + y.re) >> 1, (z.im - y.im) >> 1};
        const Complex odd2 = {z.im + y.im, y.re - z.re};  // twice the odd part
        const Complex t = multiply(odd2, twiddle(k * step));
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
    uint32_t half = 4;
    for (; half < count / 2; half *= 4) two_stages(x, count, half);
    if (half < count) stage(x, count, half);
    real_power(x, static_cast<uint64_t*>(memory), count);
}

}  // namespace ganglion
