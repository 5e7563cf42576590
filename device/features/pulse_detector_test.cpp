#include "device/features/pulse_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace ganglion {
namespace {

// Pulses of systole and dicrotic wave, at `at_s`.
std::vector<int16_t> pulse_wave(const std::vector<double>& at_s, double seconds, uint32_t rate_hz,
                                double height, double noise) {
    std::minstd_rand random(4);
    std::normal_distribution<double> normal(0.0, noise);
    std::vector<int16_t> samples;
    for (size_t i = 0; i < static_cast<size_t>(seconds * rate_hz); ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        double value = 500 + 100 * std::sin(0.9 * t);  // breathing
        for (const double at : at_s) {
            if (std::abs(t - at) > 1.5) continue;
            value += height * std::exp(-0.5 * std::pow((t - at) / 0.08, 2));
            value += 0.35 * height * std::exp(-0.5 * std::pow((t - at - 0.3) / 0.08, 2));
        }
        samples.push_back(static_cast<int16_t>(std::lround(value + normal(random))));
    }
    return samples;
}

std::vector<double> found_in(const std::vector<int16_t>& samples, uint32_t rate_hz) {
    std::vector<uint32_t> state(PulseDetector::state_bytes(rate_hz) / 4);
    PulseDetector detector;
    detector.start(rate_hz, {reinterpret_cast<uint8_t*>(state.data()), state.size() * 4});
    std::vector<double> found;
    for (const int16_t sample : samples)
        if (detector.push(sample))
            found.push_back(static_cast<double>(detector.peak_q8()) / 256 / rate_hz);
    return found;
}

TEST(PulseDetector, FindsEveryPulseToTheMillisecond) {
    for (const uint32_t rate : {32U, 64U, 100U, 250U, 500U}) {
        for (const double interval : {0.45, 0.83, 1.3}) {
            SCOPED_TRACE(::testing::Message() << rate << " Hz, " << interval << " s");
            std::vector<double> at;
            for (double t = 1; t < 39; t += interval) at.push_back(t);
            const auto found = found_in(pulse_wave(at, 42, rate, 800, 2), rate);
            // Until eight heights are known, a dicrotic wave may pass for a pulse.
            size_t next = 0;
            while (next < found.size() && found[next] < 10) ++next;
            size_t first = 0;
            while (at[first] < 10) ++first;
            ASSERT_EQ(found.size() - next, at.size() - first);
            for (size_t i = first; i < at.size(); ++i)
                EXPECT_NEAR(found[next + i - first] - at[i], found[next] - at[first], 0.006);
            EXPECT_NEAR(found[next], at[first], 0.02);  // the wave before leans on it
        }
    }
}

TEST(PulseDetector, StillnessHasNoPulse) {
    EXPECT_TRUE(found_in(std::vector<int16_t>(5000, 300), 64).empty());
}

}  // namespace
}  // namespace ganglion
