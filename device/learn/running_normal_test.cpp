#include "device/learn/running_normal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <cmath>
#include <random>
#include <vector>

namespace ganglion {
namespace {

TEST(RunningNormal, StandardisesAsFloatingPointWould) {
    constexpr size_t features = 5;
    constexpr uint32_t frames = 300;
    const std::array<double, features> mean = {5000, -300, 12000, 0, 7};
    const std::array<double, features> spread = {200, 100, 1000, 50, 400};
    std::minstd_rand random(3);
    std::normal_distribution<double> normal;
    std::array<RunningNormal::Feature, features> state{};
    RunningNormal learner;
    learner.start(state, frames);
    std::vector<std::array<int16_t, features>> seen;
    for (uint32_t i = 0; i < frames; ++i) {
        EXPECT_FALSE(learner.ready());
        std::array<int16_t, features> values{};
        for (size_t k = 0; k < features; ++k) {
            values[k] = static_cast<int16_t>(std::lround(mean[k] + spread[k] * normal(random)));
        }
        learner.learn(values.data());
        seen.push_back(values);
    }
    ASSERT_TRUE(learner.ready());
    EXPECT_EQ(learner.seen(), frames);
    for (size_t k = 0; k < features; ++k) {
        double true_mean = 0;
        for (const auto& values : seen) true_mean += values[k] / static_cast<double>(frames);
        double deviation = 0;
        for (const auto& values : seen) deviation += std::abs(values[k] - true_mean) / frames;
        for (const double distance : {-6.0, -1.0, 0.0, 0.5, 3.0, 7.0}) {
            std::array<int16_t, features> values{};
            values[k] = static_cast<int16_t>(std::lround(true_mean + distance * deviation));
            std::array<int8_t, features> out{};
            learner.standardise(values.data(), out.data());
            // The one-pass deviation is within a few percent of the two-pass one.
            EXPECT_NEAR(out[k], 16 * distance, 1.0 + 0.04 * std::abs(16 * distance)) << k;
        }
    }
}

TEST(RunningNormal, AFeatureThatStoodStillHasTheLeastDeviation) {
    std::array<RunningNormal::Feature, 1> state{};
    RunningNormal learner;
    learner.start(state, 4);
    const int16_t still = 100;
    for (int i = 0; i < 4; ++i) learner.learn(&still);
    const auto standardised = [&](int16_t value) {
        int8_t out = 0;
        learner.standardise(&value, &out);
        return out;
    };
    EXPECT_EQ(standardised(100), 0);
    EXPECT_EQ(standardised(100 + RunningNormal::least_deviation), 16);
    EXPECT_EQ(standardised(100 - 2 * RunningNormal::least_deviation), -32);
    EXPECT_EQ(standardised(INT16_MAX), 127);
    EXPECT_EQ(standardised(INT16_MIN), -128);
}

TEST(RunningNormal, LearnsNothingAfterItsFramesAndForgetsOnStart) {
    std::array<RunningNormal::Feature, 1> state{};
    RunningNormal learner;
    learner.start(state, 2);
    const std::array<int16_t, 3> values = {10, 20, 30000};
    learner.learn(&values[0]);
    learner.learn(&values[1]);
    const RunningNormal::Feature before = state[0];
    learner.learn(&values[2]);
    EXPECT_EQ(state[0].sum, before.sum);
    EXPECT_EQ(state[0].mean_q8, 15 * 256);
    learner.start(state, 2);
    EXPECT_EQ(state[0].sum, 0);
    EXPECT_FALSE(learner.ready());
}

// The widest values over the most frames stay within the state's integers (checked under the
// sanitizers).
TEST(RunningNormal, TakesTheExtremes) {
    std::array<RunningNormal::Feature, 3> state{};
    RunningNormal learner;
    learner.start(state, RunningNormal::maximum_frames);
    for (uint32_t i = 0; i < RunningNormal::maximum_frames; ++i) {
        const int16_t swing = i % 2 == 0 ? INT16_MIN : INT16_MAX;
        const std::array<int16_t, 3> values = {INT16_MIN, INT16_MAX, swing};
        learner.learn(values.data());
    }
    EXPECT_EQ(state[0].mean_q8, INT16_MIN * 256);
    EXPECT_EQ(state[1].mean_q8, INT16_MAX * 256);
    const std::array<int16_t, 3> values = {INT16_MAX, INT16_MIN, 32767};
    std::array<int8_t, 3> out{};
    learner.standardise(values.data(), out.data());
    EXPECT_EQ(out[0], 127);
    EXPECT_EQ(out[1], -128);
    EXPECT_EQ(out[2], 16);  // one deviation of 32767.5
}

}  // namespace
}  // namespace ganglion
