#include "fleet/rollout/gate.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ganglion::fleet {
namespace {

// Devices whose own rates differ by a factor of ten, each with a past.
std::vector<ArmDevice> arm(size_t devices, double factor, int shift, std::mt19937& random) {
    std::vector<ArmDevice> made(devices);
    std::gamma_distribution<double> rates(2, 0.01);
    for (ArmDevice& device : made) {
        const double rate = std::min(0.3, rates(random));
        const int level = 2 + static_cast<int>(random() % 2);
        for (const bool since : {false, true}) {
            Observed& observed = since ? device.since : device.before;
            observed.inferences = 2000;
            std::binomial_distribution<int> alerts(2000, since ? rate * factor : rate);
            observed.alerts = static_cast<uint64_t>(alerts(random));
            for (int i = 0; i < 2000; ++i)
                ++observed.bins[static_cast<size_t>(level + (since ? shift : 0)) + random() % 3];
        }
    }
    return made;
}

TEST(gate, looks_at_equal_arms_hardly_ever_stop) {
    std::mt19937 random(1);
    int stops = 0;
    for (int round = 0; round < 100; ++round) {
        bool stopped = false;
        for (uint32_t look = 1; look <= 5 && !stopped; ++look)
            stopped = judge_arms(arm(30, 1, 0, random), arm(30, 1, 0, random), {}, look).stop;
        stops += stopped;
    }
    EXPECT_LE(stops, 1);
}

TEST(gate, sees_more_alerts_fewer_alerts_and_other_scores) {
    std::mt19937 random(2);
    const auto control = arm(50, 1, 0, random);
    const auto more = judge_arms(arm(50, 3, 0, random), control, {}, 3);
    EXPECT_TRUE(more.stop) << more.why;
    EXPECT_TRUE(more.why.starts_with("more alerts")) << more.why;
    const auto fewer = judge_arms(arm(50, 0.2, 0, random), control, {}, 3);
    EXPECT_TRUE(fewer.stop) << fewer.why;
    const auto shifted = judge_arms(arm(50, 1, 1, random), control, {}, 3);
    EXPECT_TRUE(shifted.stop) << shifted.why;
    EXPECT_TRUE(shifted.why.starts_with("scores differ")) << shifted.why;
}

TEST(gate, the_past_of_the_devices_makes_the_comparison_sharper) {
    std::mt19937 random(3);
    int with = 0;
    int without = 0;
    for (int round = 0; round < 40; ++round) {
        auto canary = arm(25, 1.8, 0, random);
        auto control = arm(25, 1, 0, random);
        with += judge_arms(canary, control, {}, 1).stop;
        for (auto* devices : {&canary, &control})
            for (ArmDevice& device : *devices) device.before = {};
        without += judge_arms(canary, control, {}, 1).stop;
    }
    EXPECT_GT(with, without);
}

TEST(gate, too_few_devices_are_not_compared) {
    std::mt19937 random(4);
    const auto verdict = judge_arms(arm(9, 5, 0, random), arm(50, 1, 0, random), {}, 1);
    EXPECT_FALSE(verdict.stop);
    EXPECT_TRUE(verdict.why.starts_with("not compared")) << verdict.why;
}

TEST(gate, failures_stop_beyond_chance) {
    EXPECT_FALSE(judge_share("failed", 0, 0, 0.05, 0.02, 1).stop);
    EXPECT_FALSE(judge_share("failed", 1, 1, 0.05, 0.02, 1).stop);
    EXPECT_TRUE(judge_share("failed", 3, 3, 0.05, 0.02, 1).stop);
    EXPECT_FALSE(judge_share("failed", 12, 200, 0.05, 0.02, 1).stop);
    EXPECT_TRUE(judge_share("failed", 30, 200, 0.05, 0.02, 10).stop);
}

}  // namespace
}  // namespace ganglion::fleet
