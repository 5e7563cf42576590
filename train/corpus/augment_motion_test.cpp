#include "train/corpus/augment_motion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ganglion::train {
namespace {

/// Gravity along one axis and a wave along another, 4 channels: the last is something else.
std::vector<int16_t> motion(size_t length) {
    std::vector<int16_t> samples;
    for (size_t i = 0; i < length; ++i) {
        samples.push_back(static_cast<int16_t>(3000 * std::sin(0.05 * static_cast<double>(i))));
        samples.push_back(0);
        samples.push_back(8000);
        samples.push_back(500);
    }
    return samples;
}

TEST(ChangeMotion, TurningKeepsLengthsOfVectors) {
    Random random(1);
    const auto before = motion(500);
    const auto after = change_motion(before, 4, {1.0, 0, 0, 0, 0}, random);
    ASSERT_EQ(after.size(), 499U * 4);
    double moved = 0;
    for (size_t i = 0; i < 499; ++i) {
        const auto norm = [&](const std::vector<int16_t>& s) {
            return std::hypot(s[4 * i], s[4 * i + 1], s[4 * i + 2]);
        };
        EXPECT_NEAR(norm(after), norm(before), 3);
        EXPECT_EQ(after[4 * i + 3], 500);
        moved = std::max(moved, std::abs(static_cast<double>(after[4 * i]) - before[4 * i]));
    }
    EXPECT_GT(moved, 100);
}

TEST(ChangeMotion, FasterIsShorter) {
    Random random(3);
    size_t shortest = 10000, longest = 0;
    for (int i = 0; i < 20; ++i) {
        const auto after = change_motion(motion(500), 4, {0, 0.2, 0, 0, 0}, random);
        shortest = std::min(shortest, after.size() / 4);
        longest = std::max(longest, after.size() / 4);
    }
    EXPECT_GE(shortest, 415U);
    EXPECT_LT(shortest, 460U);
    EXPECT_LE(longest, 625U);
    EXPECT_GT(longest, 540U);
}

TEST(ChangeMotion, LostSamplesRepeatTheOneBefore) {
    Random random(5);
    const auto after = change_motion(motion(2000), 4, {0, 0, 0.05, 0.2, 0}, random);
    size_t repeated = 0;
    for (size_t i = 1; i < after.size() / 4; ++i) {
        bool equal = true;
        for (size_t c = 0; c < 4; ++c) equal = equal && after[4 * i + c] == after[4 * (i - 1) + c];
        repeated += equal ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(repeated) / 2000, 0.2, 0.03);
}

TEST(ChangeMotion, EqualSeedsGiveEqualSamples) {
    Random one(7), other(7);
    EXPECT_EQ(change_motion(motion(100), 4, {}, one), change_motion(motion(100), 4, {}, other));
}

}  // namespace
}  // namespace ganglion::train
