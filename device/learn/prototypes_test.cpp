#include "device/learn/prototypes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace ganglion {
namespace {

using Frame = std::vector<int8_t>;

constexpr PrototypeParameters kParameters = {
    .points = 16, .width = 2, .classes = 3, .per_class = 5, .band = 4, .refuse_q8 = 768};

// Shapes: a wave of `turns` periods, drawn a little faster or slower, with noise.
Frame shape(double turns, std::minstd_rand& random) {
    std::normal_distribution<double> normal;
    const double bend = 0.1 * normal(random);
    Frame frame;
    for (int i = 0; i < 16; ++i) {
        const double t = i / 16.0;
        const double phase = 6.283 * turns * (t + bend * t * (1 - t));
        for (const double v : {std::sin(phase), std::cos(phase)}) {
            frame.push_back(static_cast<int8_t>(std::lround(40 * v + 2 * normal(random))));
        }
    }
    return frame;
}

struct Learner {
    std::vector<uint8_t> state = std::vector<uint8_t>(Prototypes::state_bytes(kParameters));
    std::vector<uint8_t> scratch = std::vector<uint8_t>(Prototypes::scratch_bytes(kParameters));
    Prototypes prototypes;
    std::minstd_rand random{7};

    Learner() { prototypes.start(kParameters, state); }
    Prototypes::Taught teach(uint16_t label, const Frame& frame) {
        return prototypes.teach(label, frame, scratch);
    }
    Prototypes::Match match(const Frame& frame) { return prototypes.match(frame, scratch); }
    void teach_two_classes() {
        for (int i = 0; i < 4; ++i) {
            ASSERT_EQ(teach(0, shape(1, random)), Prototypes::Taught::kept) << i;
            ASSERT_EQ(teach(1, shape(2, random)), Prototypes::Taught::kept) << i;
        }
    }
};

// The definition, by recursion over all paths.
uint32_t slowest(const int8_t* a, const int8_t* b, int i, int j, int band) {
    if (i < 0 || j < 0 || std::abs(i - j) > band) return 1000000;
    const auto cost = static_cast<uint32_t>(std::abs(a[i] - b[j]));
    if (i == 0 && j == 0) return cost;
    return cost + std::min({slowest(a, b, i - 1, j, band), slowest(a, b, i, j - 1, band),
                            slowest(a, b, i - 1, j - 1, band)});
}

TEST(WarpedDistance, IsTheLeastOfAllPaths) {
    std::minstd_rand random(2);
    std::array<uint32_t, 14> row{};
    for (int i = 0; i < 50; ++i) {
        std::array<int8_t, 6> a{};
        std::array<int8_t, 6> b{};
        for (size_t k = 0; k < a.size(); ++k) {
            a[k] = static_cast<int8_t>(random());
            b[k] = static_cast<int8_t>(random());
        }
        for (const int band : {0, 1, 2, 6}) {
            EXPECT_EQ(
                warped_distance(a.data(), b.data(), 6, 1, static_cast<uint32_t>(band), row.data()),
                slowest(a.data(), b.data(), 5, 5, band) / 6);
        }
    }
}

TEST(Prototypes, LearnFromThreeExamplesAndRefuseStrangers) {
    Learner learner;
    learner.teach_two_classes();
    for (int i = 0; i < 50; ++i) {
        const auto one = learner.match(shape(1, learner.random));
        EXPECT_TRUE(one.found);
        EXPECT_EQ(one.label, 0);
        EXPECT_GE(one.score, 500);
        EXPECT_EQ(learner.match(shape(2, learner.random)).label, 1);
        EXPECT_FALSE(learner.match(shape(4, learner.random)).found);
    }
}

TEST(Prototypes, AreNotTaughtWhatIsUnlikeOrAnotherClass) {
    Learner learner;
    learner.teach_two_classes();
    EXPECT_EQ(learner.teach(0, shape(5, learner.random)), Prototypes::Taught::outlier);
    EXPECT_EQ(learner.teach(0, shape(2, learner.random)), Prototypes::Taught::outlier);
    ASSERT_EQ(learner.teach(2, shape(2, learner.random)), Prototypes::Taught::kept);
    ASSERT_EQ(learner.teach(2, shape(6, learner.random)), Prototypes::Taught::kept);
    EXPECT_EQ(learner.teach(2, shape(2, learner.random)), Prototypes::Taught::ambiguous);
    EXPECT_EQ(learner.teach(0, shape(1, learner.random)), Prototypes::Taught::kept);
    EXPECT_EQ(learner.teach(0, shape(1, learner.random)), Prototypes::Taught::full);
    EXPECT_EQ(learner.prototypes.examples(0), 5);
}

TEST(Prototypes, NeedThreeExamplesAndForget) {
    Learner learner;
    const Frame frame = shape(1, learner.random);
    for (int i = 0; i < 2; ++i) learner.teach(0, shape(1, learner.random));
    EXPECT_FALSE(learner.match(frame).found);
    learner.teach(0, shape(1, learner.random));
    EXPECT_TRUE(learner.match(frame).found);
    learner.prototypes.forget(0);
    EXPECT_FALSE(learner.match(frame).found);
    learner.teach_two_classes();
    learner.prototypes.forget_all();
    EXPECT_EQ(learner.state, Learner().state);
}

TEST(Prototypes, WhatWasLearnedCanBeKeptAndIsChecked) {
    Learner learner;
    learner.teach_two_classes();
    std::vector<uint8_t> kept = learner.state;
    Learner other;
    ASSERT_TRUE(other.prototypes.resume(kParameters, kept));
    for (int i = 0; i < 20; ++i) {
        const Frame frame = shape(1 + i % 4, learner.random);
        EXPECT_EQ(other.match(frame).distance, learner.match(frame).distance);
        EXPECT_EQ(other.match(frame).score, learner.match(frame).score);
    }
    kept[1] = 6;
    EXPECT_FALSE(other.prototypes.resume(kParameters, kept));
    EXPECT_EQ(other.prototypes.examples(0), 0);
    kept = learner.state;
    kept[3] = 1;  // a class that there is not
    EXPECT_FALSE(other.prototypes.resume(kParameters, kept));
}

}  // namespace
}  // namespace ganglion
