#include "device/features/qrs_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "device/features/testing/synthetic_ecg.hpp"

namespace ganglion {
namespace {

using testing::synthetic_ecg;
using testing::SyntheticBeat;

std::vector<double> found_in(const std::vector<int16_t>& samples, uint32_t rate_hz) {
    std::vector<uint32_t> state(QrsDetector::state_bytes(rate_hz) / 4);
    QrsDetector detector;
    detector.start(rate_hz,
                   {reinterpret_cast<uint8_t*>(state.data()), QrsDetector::state_bytes(rate_hz)});
    std::vector<double> found;
    for (const int16_t sample : samples)
        if (detector.push(sample)) found.push_back(static_cast<double>(detector.peak()) / rate_hz);
    return found;
}

std::vector<SyntheticBeat> every(double interval_s, double seconds) {
    std::vector<SyntheticBeat> beats;
    for (double t = 0.5; t < seconds - 0.5; t += interval_s) beats.push_back({t});
    return beats;
}

// As many as there are from 3.2 s on, each 0 to 150 ms after its R wave.
void expect_all(const std::vector<SyntheticBeat>& beats, const std::vector<double>& found) {
    size_t next = 0;
    for (const SyntheticBeat& beat : beats) {
        if (beat.at_s < 3.2) continue;
        while (next < found.size() && found[next] < beat.at_s) ++next;
        ASSERT_LT(next, found.size()) << "beat at " << beat.at_s;
        EXPECT_LT(found[next] - beat.at_s, 0.15) << "beat at " << beat.at_s;
        ++next;
    }
    size_t after = 0;
    for (const SyntheticBeat& beat : beats) after += beat.at_s >= 3.2 ? 1U : 0U;
    EXPECT_LE(found.size(), after + 1);
}

TEST(QrsDetector, FindsEveryBeatAtAnyRateAndPulse) {
    for (const uint32_t rate : {100U, 128U, 250U, 360U, 500U, 1000U}) {
        for (const double interval : {0.35, 0.8, 1.7}) {
            SCOPED_TRACE(::testing::Message() << rate << " Hz, " << interval << " s");
            const auto beats = every(interval, 40);
            expect_all(beats, found_in(synthetic_ecg(beats, 40, rate), rate));
        }
    }
}

TEST(QrsDetector, FindsWideBeatsAndSmallOnes) {
    std::vector<SyntheticBeat> beats = every(0.8, 60);
    for (size_t i = 10; i < beats.size(); i += 7) {
        beats[i].wide = true;
        beats[i].at_s -= 0.25;
    }
    for (size_t i = 14; i < beats.size(); i += 11) beats[i].scale = 0.35;
    expect_all(beats, found_in(synthetic_ecg(beats, 60, 360), 360));
}

TEST(QrsDetector, FindsNoBeatInAPauseOrInNoiseAlone) {
    std::vector<SyntheticBeat> beats = every(0.8, 30);
    const auto samples = synthetic_ecg(beats, 45, 360);
    const auto found = found_in(samples, 360);
    ASSERT_FALSE(found.empty());
    EXPECT_LT(found.back(), 30.0);
    EXPECT_TRUE(found_in(std::vector<int16_t>(20000, 1024), 360).empty());
}

}  // namespace
}  // namespace ganglion
