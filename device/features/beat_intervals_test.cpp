#include "device/features/beat_intervals.hpp"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(BeatIntervals, TheUsualIntervalFollowsSlowly) {
    BeatIntervals intervals;
    EXPECT_EQ(intervals.usual_ms(), 0U);
    for (int i = 0; i < 20; ++i) intervals.add(800);
    EXPECT_EQ(intervals.usual_ms(), 800U);
    for (int i = 0; i < 20; ++i) intervals.add(400);
    EXPECT_GT(intervals.usual_ms(), 640U);  // at most 0.8 % a beat
    for (int i = 0; i < 300; ++i) intervals.add(400);
    EXPECT_NEAR(intervals.usual_ms(), 400U, 4);
}

TEST(BeatIntervals, RecentIsTheMeanOfTheLastTen) {
    BeatIntervals intervals;
    EXPECT_EQ(intervals.recent_ms(), 0U);
    intervals.add(700);
    EXPECT_EQ(intervals.recent_ms(), 700U);
    for (uint32_t i = 0; i < 30; ++i) intervals.add(1000 + 10 * (i % 10));
    EXPECT_EQ(intervals.recent_ms(), 1045U);
}

TEST(BeatIntervals, TheLongMeanTakesMinutes) {
    BeatIntervals intervals;
    EXPECT_EQ(intervals.long_ms(), 0U);
    for (int i = 0; i < 600; ++i) intervals.add(800);
    EXPECT_EQ(intervals.long_ms(), 800U);
    for (int i = 0; i < 100; ++i) intervals.add(400);
    EXPECT_NEAR(intervals.long_ms(), 670U, 5);  // 400 (1 + exp(-100 / 256))
    EXPECT_EQ(intervals.recent_ms(), 400U);
}

TEST(BeatIntervals, PausesAreNoIntervals) {
    BeatIntervals intervals;
    for (int i = 0; i < 20; ++i) intervals.add(i % 2 == 0 ? 800 : 3000);
    EXPECT_EQ(intervals.usual_ms(), 800U);
    EXPECT_EQ(intervals.recent_ms(), 800U);
    EXPECT_EQ(intervals.long_ms(), 800U);
}

}  // namespace
}  // namespace ganglion
