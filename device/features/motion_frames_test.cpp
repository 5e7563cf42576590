#include "device/features/motion_frames.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"
#include "device/features/integer_sqrt.hpp"

namespace ganglion {
namespace {

using Frame = std::array<int16_t, MotionFrames::kValues>;
constexpr double kLsbPerRadian = 1000;
// Of all frames of the random stream below; the same on every target.
constexpr uint32_t kGoldenCrc = 1628618433U;

uint32_t q16(double seconds) {
    return static_cast<uint32_t>(std::lround(65536 / (50 * seconds)));
}

MotionHeader header() {
    return {.rate_hz = 50,
            .channels = 6,
            .one_g = 1000,
            .hop = 25,
            .zero = 0,
            .turn_q30 = static_cast<uint32_t>(std::lround((1U << 30U) / (kLsbPerRadian * 50))),
            .follow_q16 = q16(10),
            .slow_q16 = q16(60),
            .smooth_q16 = q16(0.3)};
}

std::vector<Frame> frames(const std::vector<int16_t>& samples, size_t block) {
    const MotionHeader h = header();
    std::vector<uint8_t> state(MotionFrames::state_bytes(h));
    MotionFrames motion;
    motion.start(h, state);
    std::vector<Frame> all;
    for (size_t at = 0; at < samples.size(); at += block) {
        std::span<const int16_t> part{samples.data() + at, std::min(block, samples.size() - at)};
        while (!part.empty()) {
            Frame frame{};
            bool ready = false;
            part = part.subspan(motion.push(part, {}, frame.data(), ready));
            if (ready) all.push_back(frame);
        }
    }
    return all;
}

void add(std::vector<int16_t>& samples, std::array<double, 6> v) {
    for (const double x : v) samples.push_back(static_cast<int16_t>(std::lround(x)));
}

TEST(IntegerSqrt, IsExact) {
    std::minstd_rand random(1);
    for (uint64_t value : {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, ~0ULL}) {
        for (int i = 0; i < 500; ++i) {
            const uint64_t root = integer_sqrt(value);
            EXPECT_LE(root * root, value);
            EXPECT_TRUE(root == UINT32_MAX || (root + 1) * (root + 1) > value) << value;
            value = (uint64_t{random()} << 33U ^ uint64_t{random()} << 11U ^ random()) >> (i % 64);
        }
    }
}

TEST(Gravity, IsFollowedThroughATurnWhileAccelerated) {
    // A quarter turn about z within 2 s, while shaken along z by 0.5 g: the gyroscope carries it.
    Gravity gravity;
    const MotionHeader h = header();
    gravity.start({h.turn_q30, h.follow_q16});
    const double rate = std::numbers::pi / 4;  // rad/s
    for (int i = 0; i <= 100; ++i) {
        const double angle = rate * i / 50.0;
        const std::array<int16_t, 3> a = {
            static_cast<int16_t>(std::lround(1000 * std::sin(angle))),
            static_cast<int16_t>(std::lround(1000 * std::cos(angle))),
            static_cast<int16_t>(i == 0 ? 0 : 500 * (i % 2 == 0 ? 1 : -1))};
        const std::array<int16_t, 3> w = {0, 0,
                                          static_cast<int16_t>(std::lround(rate * kLsbPerRadian))};
        gravity.push(a.data(), w.data());
    }
    const Direction up = gravity.up();
    EXPECT_NEAR(up[0], 1024, 12);
    EXPECT_NEAR(up[1], 0, 40);
}

TEST(MotionFrames, SeeStillnessBrakingAndTurning) {
    std::vector<int16_t> samples;
    for (int i = 0; i < 500; ++i) add(samples, {0, 0, 1000, 0, 0, 0});
    for (int i = 0; i < 100; ++i) add(samples, {-400, 0, 1000, 0, 0, 0});
    for (int i = 0; i < 500; ++i) add(samples, {0, 0, 1000, 0, 0, 0});
    for (int i = 0; i < 100; ++i) add(samples, {0, 300, 1000, 0, 0, 500});
    const auto all = frames(samples, 6);
    ASSERT_EQ(all.size(), 48U);
    const Frame& still = all[10];
    EXPECT_EQ(still[2], 1024);
    EXPECT_EQ(still[3], 1024);
    EXPECT_EQ(still[8], 0);
    EXPECT_EQ(still[10], 0);
    EXPECT_EQ(still[12], 0);
    EXPECT_NEAR(all[22][10], 0.4 * 1024, 45);  // 1.5 s into the braking
    EXPECT_EQ(all[22][11], 0);
    EXPECT_NEAR(all[47][12], 500, 5);
    EXPECT_NEAR(all[47][11], 500, 10);
    EXPECT_GT(all[47][10], 200);
}

TEST(MotionFrames, DoNotDependOnHowSamplesArrive) {
    std::minstd_rand random(9);
    std::normal_distribution<double> normal(0, 3000);
    std::vector<int16_t> samples(6 * 1000);
    for (int16_t& v : samples) {
        v = static_cast<int16_t>(std::clamp(std::lround(normal(random)), -32768L, 32767L));
    }
    const auto whole = frames(samples, samples.size());
    EXPECT_EQ(whole.size(), 40U);
    EXPECT_EQ(whole, frames(samples, 1));
    EXPECT_EQ(whole, frames(samples, 11));
    uint32_t crc = 0;
    for (const Frame& f : whole) {
        crc = crc32({reinterpret_cast<const uint8_t*>(f.data()), f.size() * 2}, crc);
    }
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(MotionFrames, SectionsAreChecked) {
    const auto status = [](auto change) {
        MotionHeader h = header();
        change(h);
        MotionHeader parsed;
        return parse_motion_section({reinterpret_cast<const uint8_t*>(&h), sizeof h}, parsed);
    };
    EXPECT_EQ(status([](auto& /*h*/) {}), Status::ok);
    EXPECT_EQ(status([](auto& h) { h.hop = 0; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.channels = 5; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.turn_q30 = kLargestTurn + 1; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.slow_q16 = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.zero = 1; }), Status::bad_value);
}

}  // namespace
}  // namespace ganglion
