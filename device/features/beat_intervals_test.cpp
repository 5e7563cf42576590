#include "device/features/beat_intervals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace ganglion {
namespace {

TEST(BeatIntervals, TheUsualIntervalFollowsSlowly) {
    BeatIntervals intervals;
    EXPECT_EQ(intervals.usual_ms(), 0U);
    for (int i = 0; i < 20; ++i) intervals.add(800, true);
    EXPECT_EQ(intervals.usual_ms(), 800U);
    for (int i = 0; i < 20; ++i) intervals.add(400, true);
    EXPECT_GT(intervals.usual_ms(), 640U);  // at most 0.8 % a beat
    for (int i = 0; i < 300; ++i) intervals.add(400, true);
    EXPECT_NEAR(intervals.usual_ms(), 400U, 4);
}

TEST(BeatIntervals, PausesAreNoRhythm) {
    BeatIntervals intervals;
    for (int i = 0; i < 20; ++i) intervals.add(i % 2 == 0 ? 800 : 3000, true);
    EXPECT_EQ(intervals.usual_ms(), 800U);
    EXPECT_EQ(intervals.rhythm().difference, 0);
}

// The definitions in double precision, over the intervals oldest first.
TEST(BeatIntervals, IrregularityFollowsItsDefinition) {
    std::minstd_rand random(3);
    std::uniform_int_distribution<uint32_t> interval(450, 1100);
    BeatIntervals intervals;
    std::vector<double> last;
    for (int i = 0; i < 90; ++i) {
        const uint32_t ms = interval(random);
        intervals.add(ms, true);
        last.push_back(ms);
        if (last.size() > 32) last.erase(last.begin());
        if (last.size() < 12) {
            EXPECT_EQ(intervals.rhythm().match, 0);
            continue;
        }
        std::vector<double> sorted = last;
        std::sort(sorted.begin(), sorted.end());
        const double median = sorted[sorted.size() / 2];
        double pairs = 1;
        double followed = 1;
        for (size_t a = 1; a < last.size(); ++a) {
            for (size_t b = 0; b < a; ++b) {
                if (a + 1 > last.size() - 1 && b + 1 > last.size() - 1) continue;
                if (a + 1 >= last.size()) continue;
                if (std::abs(last[a] - last[b]) >= 0.04 * median) continue;
                ++pairs;
                if (std::abs(last[a + 1] - last[b + 1]) < 0.04 * median) ++followed;
            }
        }
        std::vector<double> steps;
        for (size_t a = 1; a < last.size(); ++a) steps.push_back(std::abs(last[a] - last[a - 1]));
        std::sort(steps.begin(), steps.end());
        const Rhythm rhythm = intervals.rhythm();
        const auto n = static_cast<double>(last.size());
        EXPECT_NEAR(rhythm.difference, 1024 * steps[steps.size() / 2] / median, 1);
        EXPECT_NEAR(rhythm.conditional, 256 * std::log2(pairs / followed), 2);
        EXPECT_NEAR(rhythm.match, 256 * std::log2(std::floor(n * n / 2) / pairs), 2);
    }
}

TEST(BeatIntervals, ExtraBeatsDoNotMakeTheRhythmIrregular) {
    BeatIntervals intervals;
    for (int i = 0; i < 60; ++i) {
        intervals.add(800, true);
        intervals.add(800, true);
        intervals.add(480, false);
        intervals.add(1120, false);
    }
    EXPECT_EQ(intervals.rhythm().difference, 0);
    EXPECT_EQ(intervals.rhythm().conditional, 0);
}

}  // namespace
}  // namespace ganglion
