#include "device/features/level_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

using Samples = std::vector<int16_t>;
// Of all frames of the random stream below; the same on every target.
constexpr uint32_t kGoldenCrc = 1122287506U;

LevelHeader header() {
    return {.channels = 2,
            .calibrate = 80,
            .unit = 0,
            .least_q8 = 5,
            .clip_q8 = 4 * 256,
            .window = 60,
            .least = 30,
            .hop = 10};
}

std::vector<Samples> frames(const LevelHeader& h, const Samples& samples, size_t block) {
    std::vector<uint8_t> state(LevelFrames::state_bytes(h));
    std::vector<uint8_t> scratch(LevelFrames::scratch_bytes(h));
    LevelFrames levels;
    levels.start(h, state);
    std::vector<Samples> all;
    Samples frame(LevelFrames::frame_values(h));
    for (size_t at = 0; at < samples.size(); at += block) {
        std::span<const int16_t> part{samples.data() + at, std::min(block, samples.size() - at)};
        while (!part.empty()) {
            bool ready = false;
            part = part.subspan(levels.push(part, scratch, frame.data(), ready));
            if (ready) all.push_back(frame);
        }
    }
    return all;
}

Samples noise(size_t count, double mean0, double mean1, double spread, uint32_t seed) {
    std::minstd_rand random(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    Samples samples;
    for (size_t i = 0; i < count; ++i) {
        samples.push_back(static_cast<int16_t>(std::lround(mean0 + spread * uniform(random))));
        samples.push_back(static_cast<int16_t>(std::lround(mean1 + spread * uniform(random))));
    }
    return samples;
}

TEST(LevelFrames, FollowTheirDefinition) {
    const LevelHeader h = header();
    Samples samples = noise(80, 300, -2000, 40, 1);
    const Samples later = noise(60, 250, -2000, 80, 2);
    samples.insert(samples.end(), later.begin(), later.end());
    const auto all = frames(h, samples, 4);
    ASSERT_EQ(all.size(), 4U);
    for (size_t channel = 0; channel < 2; ++channel) {
        std::vector<double> first;
        for (size_t i = 0; i < 80; ++i) first.push_back(samples[2 * i + channel]);
        std::sort(first.begin(), first.end());
        const double median = std::trunc((first[39] + first[40]) / 2);
        double deviation = std::abs(median) * 5 / 256;
        for (const double v : first) deviation += std::abs(v - median) / 80;
        double mean = 0;
        double squares = 0;
        for (size_t i = 0; i < 60; ++i) {
            const double v = std::clamp((later[2 * i + channel] - median) / deviation, -4.0, 4.0);
            mean += v / 60;
            squares += v * v / 60;
        }
        EXPECT_NEAR(all[3][2 * channel], 256 * mean, 6);
        EXPECT_NEAR(all[3][2 * channel + 1], 256 * std::sqrt(squares - mean * mean), 6);
    }
}

TEST(LevelFrames, OneAbsurdSampleCountsForLittle) {
    LevelHeader h = header();
    Samples samples = noise(80, 300, -2000, 40, 1);
    samples[2 * 20] = 32767;  // while calibrating
    Samples later = noise(60, 300, -2000, 40, 2);
    later[2 * 30] = -32768;
    samples.insert(samples.end(), later.begin(), later.end());
    const auto all = frames(h, samples, 2);
    EXPECT_NEAR(all.back()[0], 0, 64);
}

TEST(LevelFrames, TakeAFixedUnitAndDoNotDependOnBlocks) {
    LevelHeader h = header();
    h.calibrate = 0;
    h.unit = 100;
    h.least_q8 = 0;
    const Samples samples = noise(300, 50, -100, 30, 3);
    const auto whole = frames(h, samples, samples.size());
    EXPECT_EQ(whole.size(), 28U);
    EXPECT_EQ(whole, frames(h, samples, 1));
    EXPECT_EQ(whole, frames(h, samples, 5));
    EXPECT_NEAR(whole.back()[0], 128, 12);
    EXPECT_NEAR(whole.back()[2], -256, 12);
    EXPECT_NEAR(whole.back()[1], 256 * 0.3 / std::sqrt(3), 8);
    uint32_t crc = 0;
    for (const Samples& f : whole) {
        crc = crc32({reinterpret_cast<const uint8_t*>(f.data()), f.size() * 2}, crc);
    }
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(LevelFrames, SectionsAreChecked) {
    const auto status = [](auto change) {
        LevelHeader h = header();
        change(h);
        LevelHeader parsed;
        return parse_level_section({reinterpret_cast<const uint8_t*>(&h), sizeof h}, parsed);
    };
    EXPECT_EQ(status([](auto& /*h*/) {}), Status::ok);
    EXPECT_EQ(status([](auto& h) { h.channels = 9; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.calibrate = 2; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.calibrate = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.unit = 9; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.clip_q8 = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.least = 61; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.hop = 0; }), Status::bad_value);
}

}  // namespace
}  // namespace ganglion
