#include "device/features/power_spectrum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>
#include <random>
#include <vector>

namespace ganglion {
namespace {

std::vector<uint64_t> integer_spectrum(const std::vector<int32_t>& samples) {
    const auto size = static_cast<uint32_t>(samples.size());
    const uint32_t count = size / 2;
    std::vector<uint64_t> memory(count + 1);
    std::vector<Complex> x(count);
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t reversed = 0;
        for (uint32_t bit = 1; bit < count; bit *= 2) {
            reversed = reversed * 2 + ((i & bit) != 0 ? 1 : 0);
        }
        x[reversed] = {samples[2 * i], samples[2 * i + 1]};
    }
    std::memcpy(memory.data(), x.data(), count * sizeof(Complex));
    power_spectrum(memory.data(), size);
    return memory;
}

// The definition, in double precision.
std::vector<double> true_spectrum(const std::vector<int32_t>& samples) {
    const size_t size = samples.size();
    std::vector<double> power(size / 2 + 1);
    for (size_t k = 0; k <= size / 2; ++k) {
        std::complex<double> sum = 0;
        for (size_t n = 0; n < size; ++n) {
            const double phase = -2 * std::numbers::pi * static_cast<double>(k * n % size) / size;
            sum += std::polar(static_cast<double>(samples[n]), phase);
        }
        power[k] = std::norm(sum / (size / 2.0)) / 65536;
    }
    return power;
}

double worst_error_db(const std::vector<int32_t>& samples, double depth_db) {
    const std::vector<uint64_t> measured = integer_spectrum(samples);
    const std::vector<double> expected = true_spectrum(samples);
    const double strongest = *std::max_element(expected.begin(), expected.end());
    double worst = 0;
    for (size_t k = 0; k < expected.size(); ++k) {
        if (expected[k] < strongest * std::pow(10, -depth_db / 10)) continue;
        // The value is rounded down.
        const auto floor = static_cast<double>(measured[k]);
        const double nearest = std::clamp(expected[k], floor, floor + 1);
        worst = std::max(worst, std::abs(10 * std::log10(nearest / expected[k])));
    }
    return worst;
}

class PowerSpectrum : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, PowerSpectrum, testing::Values(128, 256, 512, 1024, 2048));

TEST_P(PowerSpectrum, NoiseOfAnyLoudnessWithinAHundredthOfADecibel) {
    std::minstd_rand random(GetParam());
    for (const int32_t amplitude : {1 << 29, 1 << 24, 1 << 18, 1 << 15}) {
        std::vector<int32_t> samples(GetParam());
        for (int32_t& sample : samples) {
            sample = static_cast<int32_t>(random() % (2U * static_cast<uint32_t>(amplitude))) -
                     amplitude;
        }
        // The quietest is one step of a 16-bit sample under the window's middle: there rounding
        // begins to show.
        EXPECT_LT(worst_error_db(samples, 30), amplitude > 1 << 20 ? 0.01 : 0.5) << amplitude;
    }
}

TEST_P(PowerSpectrum, KeepsNinetyDecibelsBelowAStrongLine) {
    const uint32_t size = GetParam();
    std::vector<int32_t> samples(size);
    for (uint32_t n = 0; n < size; ++n) {
        const double turn = 2 * std::numbers::pi * n / size;
        samples[n] = static_cast<int32_t>(
            std::lround(5e8 * std::sin(turn * 9) + 5e8 * 3.2e-5 * std::cos(turn * 40)));
    }
    EXPECT_LT(worst_error_db(samples, 91), 0.05);
}

TEST_P(PowerSpectrum, LargestInputsDoNotOverflow) {
    const uint32_t size = GetParam();
    const int32_t most = 32768 * 32767;  // INT16_MIN under the window's top
    for (const uint32_t period : {1U, 2U, 4U, size}) {
        std::vector<int32_t> samples(size);
        for (uint32_t n = 0; n < size; ++n) {
            // Three quarters of the samples at the limit, the rest zero: the largest mean that is
            // allowed.
            const bool negative = period > 1 && n % period >= period / 2;
            samples[n] = n < size / 4 * 3 ? (negative ? -most : most) : 0;
        }
        EXPECT_LT(worst_error_db(samples, 60), 0.01) << period;
    }
}

}  // namespace
}  // namespace ganglion
