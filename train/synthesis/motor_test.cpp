#include "train/synthesis/motor.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <span>

namespace ganglion::train {
namespace {

/// Power of one line, by correlation with sine and cosine under a Hann window.
double line(std::span<const double> signal, double hz, double rate_hz) {
    double c = 0, s = 0;
    const auto n = static_cast<double>(signal.size());
    for (size_t i = 0; i < signal.size(); ++i) {
        const auto t = static_cast<double>(i);
        const double w = 1 - std::cos(2 * std::numbers::pi * t / n);
        c += w * signal[i] * std::cos(2 * std::numbers::pi * hz * t / rate_hz);
        s += w * signal[i] * std::sin(2 * std::numbers::pi * hz * t / rate_hz);
    }
    return c * c + s * s;
}

/// The strongest line within ±1.5 % of `hz`, over the mean of lines 6 to 20 % away.
double prominence(std::span<const double> signal, double hz, double rate_hz) {
    double peak = 0, around = 0;
    for (double f = 0.985; f <= 1.015; f += 0.0005)
        peak = std::max(peak, line(signal, hz * f, rate_hz));
    int count = 0;
    for (double f = 0.06; f <= 0.2; f += 0.005, count += 2) {
        around += line(signal, hz * (1 - f), rate_hz) + line(signal, hz * (1 + f), rate_hz);
    }
    return peak / (around / count);
}

std::vector<double> part(const MotorRecording& motor, double from_s, double to_s, double rate_hz) {
    return {motor.samples.begin() + static_cast<ptrdiff_t>(from_s * rate_hz),
            motor.samples.begin() + static_cast<ptrdiff_t>(to_s * rate_hz)};
}

/// Envelope around the resonance: demodulate, then a moving average as low-pass (Randall and Antoni
/// 2011, section 4).
std::vector<double> envelope(const std::vector<double>& signal, double resonance_hz,
                             double rate_hz) {
    constexpr size_t width = 10;
    std::vector<double> c(signal.size()), s(signal.size()), result;
    for (size_t i = 0; i < signal.size(); ++i) {
        const double angle = 2 * std::numbers::pi * resonance_hz * static_cast<double>(i) / rate_hz;
        c[i] = signal[i] * std::cos(angle);
        s[i] = signal[i] * std::sin(angle);
    }
    double mean = 0;
    for (size_t i = width; i < signal.size(); ++i) {
        double a = 0, b = 0;
        for (size_t k = 0; k < width; ++k) {
            a += c[i - k];
            b += s[i - k];
        }
        result.push_back(std::hypot(a, b));
        mean += result.back();
    }
    mean /= static_cast<double>(result.size());
    for (auto& value : result) value -= mean;
    return result;
}

TEST(Motor, SameSeedSameSamplesOtherSeedOthers) {
    MotorSettings settings;
    settings.seconds = 2;
    settings.fault_after_s = 1;
    const auto motor = simulate_motor(settings);
    EXPECT_EQ(motor.samples.size(), 24000U);
    EXPECT_EQ(motor.first_faulty, 12000U);
    EXPECT_EQ(motor.samples, simulate_motor(settings).samples);
    settings.seed = 2;
    EXPECT_NE(motor.samples, simulate_motor(settings).samples);
}

TEST(Motor, FaultChangesNothingBeforeItsFirstSample) {
    MotorSettings settings;
    settings.seconds = 3;
    settings.fault_after_s = 1.5;
    const auto faulty = simulate_motor(settings);
    settings.fault = BearingFault::none;
    const auto healthy = simulate_motor(settings);
    EXPECT_EQ(healthy.first_faulty, healthy.samples.size());
    const auto until = static_cast<ptrdiff_t>(faulty.first_faulty);
    EXPECT_TRUE(std::equal(faulty.samples.begin(), faulty.samples.begin() + until,
                           healthy.samples.begin()));
    EXPECT_FALSE(std::equal(faulty.samples.begin() + until, faulty.samples.end(),
                            healthy.samples.begin() + until));
}

TEST(Motor, SpectrumHasTheShaftAndTheFault) {
    for (const auto fault : {BearingFault::outer_race, BearingFault::inner_race}) {
        for (const uint64_t seed : {1U, 2U, 3U}) {
            MotorSettings settings;
            settings.seed = seed;
            settings.fault = fault;
            settings.seconds = 16;
            settings.fault_after_s = 4;
            const auto motor = simulate_motor(settings);
            const double sign = fault == BearingFault::outer_race ? -1 : 1;
            EXPECT_NEAR(motor.fault_hz, 4.5 * motor.shaft_hz * (1 + sign * 0.2032), 1e-6);
            const auto whole = part(motor, 0, 4, settings.rate_hz);
            EXPECT_GT(prominence(whole, motor.shaft_hz, settings.rate_hz), 20) << seed;
            const auto late = envelope(part(motor, 10, 16, settings.rate_hz), motor.resonance_hz,
                                       settings.rate_hz);
            const auto early =
                envelope(part(motor, 0, 4, settings.rate_hz), motor.resonance_hz, settings.rate_hz);
            EXPECT_GT(prominence(late, motor.fault_hz, settings.rate_hz), 15) << seed;
            EXPECT_LT(prominence(early, motor.fault_hz, settings.rate_hz), 15) << seed;
        }
    }
}

TEST(Motor, BlowsGrowFromNothing) {
    MotorSettings settings;
    settings.seconds = 20;
    settings.fault_after_s = 10;
    const auto motor = simulate_motor(settings);
    const auto power = [&](double from, double to) {
        double sum = 0;
        for (const double value : part(motor, from, to, settings.rate_hz)) sum += value * value;
        return sum / (to - from);
    };
    EXPECT_NEAR(power(10, 10.1) / power(5, 9.9), 1, 0.3);
    EXPECT_GT(power(19, 20), 2 * power(12, 13));
}

TEST(Motor, BadSettingsAreRefused) {
    MotorSettings settings;
    settings.rate_hz = 100;
    EXPECT_THROW(simulate_motor(settings), std::runtime_error);
    settings = {};
    settings.seconds = 0;
    EXPECT_THROW(simulate_motor(settings), std::runtime_error);
    settings = {};
    settings.unit_per_lsb = -1;
    EXPECT_THROW(simulate_motor(settings), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
