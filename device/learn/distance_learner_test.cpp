#include "device/learn/distance_learner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "project/testing/random_samples.hpp"

namespace ganglion {
namespace {

constexpr uint32_t kValues = 4;

DistanceLearner::Parameters parameters() {
    DistanceLearner::Parameters p{};
    p.learn_frames = 64;
    p.adapt_shift = 8;
    p.refuse = 400;
    p.least_deviation = 8;
    p.doublings_q8 = 6 * 256;
    p.values = kValues;
    return p;
}

// A learner with its memory, fed with frames around a center.
struct Machine {
    explicit Machine(uint32_t seed_)
        : state(DistanceLearner::state_bytes(parameters()) / 8 + 1), seed(seed_) {
        learner.start(parameters(), bytes());
    }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(state.data()),
                DistanceLearner::state_bytes(parameters())};
    }
    // -1 while it learns.
    int push(int center, uint32_t spread = 100) {
        const auto noise = tests::random_samples(kValues, spread, ++seed);
        std::vector<int16_t> frame;
        for (const int16_t value : noise) frame.push_back(static_cast<int16_t>(value + center));
        uint16_t score = 0;
        return learner.push(frame, {}, {&score, 1}) ? score : -1;
    }
    std::vector<uint64_t> state;
    uint32_t seed;
    DistanceLearner learner;
};

TEST(DistanceLearner, ScoresByTheLogarithmOfTheDistance) {
    Machine machine(1);
    for (int i = 0; i < 64; ++i) EXPECT_EQ(machine.push(1000), -1);
    for (int i = 0; i < 200; ++i) EXPECT_LT(machine.push(1000), 200);
    // The mean absolute deviation of even noise of +-100 is 50: 800 away is a distance of 16.
    EXPECT_NEAR(machine.push(1800), 1000 * std::log2(16.0) / 6, 25);
    EXPECT_NEAR(machine.push(200), 1000 * std::log2(16.0) / 6, 25);
    EXPECT_EQ(machine.push(30000), 1000);
}

TEST(DistanceLearner, LearnsNothingFromWhatItFindsAnomalous) {
    Machine machine(7);
    for (int i = 0; i < 64; ++i) machine.push(0);
    const int before = machine.push(900);
    for (int i = 0; i < 5000; ++i) machine.push(900);
    EXPECT_NEAR(machine.push(900), before, 25);
    EXPECT_EQ(machine.learner.refused(), 5002U);
    // A slow drift within the normal is followed.
    for (int center = 0; center < 900; ++center) {
        for (int i = 0; i < 20; ++i) machine.push(center);
    }
    EXPECT_LT(machine.push(900), 300);
}

TEST(DistanceLearner, OneKnockWhileLearningIsNotNormal) {
    Machine quiet(3);
    Machine knocked(3);
    for (int i = 0; i < 64; ++i) {
        quiet.push(0);
        knocked.push(0);
        if (i == 30) {
            const uint32_t seed = knocked.seed;
            knocked.push(20000);
            knocked.seed = seed;
        }
    }
    EXPECT_EQ(std::memcmp(quiet.bytes().data(), knocked.bytes().data(), quiet.bytes().size()), 0);
    EXPECT_EQ(knocked.learner.refused(), 1U);
}

TEST(DistanceLearner, BeginsAnewWhereItWasBegunAtAStandstill) {
    Machine machine(5);
    for (int i = 0; i < 20; ++i) machine.push(-2000, 2);
    for (int i = 0; i < 63 + 64; ++i) EXPECT_EQ(machine.push(3000), -1);
    EXPECT_LT(machine.push(3000), 200);
    EXPECT_GT(machine.push(-2000), 900);
}

TEST(DistanceLearner, GoesOnFromWhatWasStored) {
    Machine whole(11);
    Machine cut(11);
    for (int i = 0; i < 40; ++i) {
        whole.push(10);
        cut.push(10);
    }
    Machine resumed(0);
    std::memcpy(resumed.bytes().data(), cut.bytes().data(), cut.bytes().size());
    ASSERT_TRUE(resumed.learner.resume(parameters(), resumed.bytes()));
    resumed.seed = cut.seed;
    for (int i = 0; i < 300; ++i) EXPECT_EQ(whole.push(10), resumed.push(10)) << i;
    resumed.bytes()[15] = 0x7F;  // a mean that no frame has
    EXPECT_FALSE(resumed.learner.resume(parameters(), resumed.bytes()));
}

TEST(DistanceLearner, RefusesWhatIsOutOfRange) {
    const DistanceParameters good = parameters();
    const LearnerHeader header{1, 1, sizeof good, 0};
    DistanceLearner::Parameters parsed{};
    const auto parse = [&](const DistanceParameters& p, const LearnerHeader& h) {
        return DistanceLearner::parse(h, kValues, {reinterpret_cast<const uint8_t*>(&p), sizeof p},
                                      parsed);
    };
    EXPECT_EQ(parse(good, header), Status::ok);
    EXPECT_EQ(parse(good, {1, 2, sizeof good, 0}), Status::bad_value);
    const auto wrong = [&](auto change) {
        DistanceParameters p = good;
        change(p);
        return parse(p, header) == Status::bad_value;
    };
    EXPECT_TRUE(wrong([](auto& p) { p.learn_frames = 7; }));
    EXPECT_TRUE(wrong([](auto& p) { p.adapt_shift = 17; }));
    EXPECT_TRUE(wrong([](auto& p) { p.refuse = 0; }));
    EXPECT_TRUE(wrong([](auto& p) { p.least_deviation = 0; }));
    EXPECT_TRUE(wrong([](auto& p) { p.doublings_q8 = 63; }));
}

TEST(DistanceLearner, BeginsWithWhatOthersShareAndThenNeedsAQuarter) {
    Machine other(5);
    std::array<int16_t, 8> shared{};
    EXPECT_EQ(other.learner.share(shared), 0U) << "it has learned nothing yet";
    for (int i = 0; i < 500; ++i) other.push(3000);
    ASSERT_EQ(other.learner.share(shared), kValues);
    // log2 of a mean absolute deviation of 50 raw units, in 1/256 of them.
    EXPECT_NEAR(shared[0], 256 * std::log2(50.0 * 256), 40);

    Machine fresh(6);
    EXPECT_FALSE(fresh.learner.prime(std::span(shared).first(2)));
    ASSERT_TRUE(fresh.learner.prime(std::span(shared).first(kValues)));
    for (int i = 0; i < 16; ++i) EXPECT_EQ(fresh.push(-500), -1) << i;
    for (int i = 0; i < 100; ++i) EXPECT_LT(fresh.push(-500), 250);
    EXPECT_GT(fresh.push(300), 500);
    EXPECT_FALSE(fresh.learner.prime(std::span(shared).first(kValues))) << "it has begun";
    // It goes on from its stored state like any other.
    Machine restarted(7);
    std::memcpy(restarted.state.data(), fresh.state.data(), 8 * fresh.state.size());
    ASSERT_TRUE(restarted.learner.resume(parameters(), restarted.bytes()));
    EXPECT_TRUE(restarted.learner.ready());
}

}  // namespace
}  // namespace ganglion
