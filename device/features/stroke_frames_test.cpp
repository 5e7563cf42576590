#include "device/features/stroke_frames.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

using Samples = std::vector<int16_t>;
// Of the frame of the circle below; the same on every target.
constexpr uint32_t kGoldenCrc = 3048151162U;

StrokeHeader header() {
    return {.rate_hz = 60,
            .channels = 2,
            .group = 2,
            .points = 16,
            .active_first = 0,
            .active_count = 2,
            .active_step = 1,
            .threshold = 8,
            .quiet = 15,
            .least = 16,
            .most = 255,
            .least_rms = {20, 20}};
}

// Rests, draws a circle, rests.
Samples circle(double size, uint32_t count, double x0, double y0) {
    Samples samples;
    const auto add = [&](double x, double y) {
        samples.push_back(static_cast<int16_t>(std::lround(x)));
        samples.push_back(static_cast<int16_t>(std::lround(y)));
    };
    for (int i = 0; i < 30; ++i) add(x0 + size, y0);
    for (uint32_t i = 0; i <= count; ++i) {
        const double angle = 2 * std::numbers::pi * i / count;
        add(x0 + size * std::cos(angle), y0 + size * std::sin(angle));
    }
    for (int i = 0; i < 30; ++i) add(x0 + size, y0);
    return samples;
}

std::vector<Samples> frames(const StrokeHeader& h, const Samples& samples, size_t block) {
    std::vector<uint8_t> state(StrokeFrames::state_bytes(h));
    std::vector<uint8_t> scratch(StrokeFrames::scratch_bytes(h));
    StrokeFrames strokes;
    strokes.start(h, state);
    std::vector<Samples> all;
    Samples frame(StrokeFrames::frame_values(h));
    for (size_t at = 0; at < samples.size(); at += block) {
        std::span<const int16_t> part{samples.data() + at, std::min(block, samples.size() - at)};
        while (!part.empty()) {
            bool ready = false;
            part = part.subspan(strokes.push(part, scratch, frame.data(), ready));
            if (ready) all.push_back(frame);
        }
    }
    return all;
}

TEST(StrokeFrames, DoNotDependOnSizePlaceSpeedOrBlocks) {
    const auto one = frames(header(), circle(600, 64, 0, 0), 2);
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one, frames(header(), circle(600, 64, 0, 0), 1000));
    EXPECT_EQ(one, frames(header(), circle(600, 64, 0, 0), 3));
    const auto other = frames(header(), circle(1500, 128, 4000, -3000), 2);
    ASSERT_EQ(other.size(), 1U);
    double squares = 0;
    for (size_t i = 0; i < one[0].size(); ++i) {
        EXPECT_NEAR(one[0][i], other[0][i], 2);
        squares += one[0][i] * one[0][i];
    }
    EXPECT_NEAR(std::sqrt(squares / 32), 32, 1);
    const uint32_t crc =
        crc32({reinterpret_cast<const uint8_t*>(one[0].data()), one[0].size() * 2});
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(StrokeFrames, AJerkIsNoStrokeAndALongOneEnds) {
    Samples samples(2 * 200, 0);
    samples[2 * 50] = 900;  // one sample: there and back
    EXPECT_TRUE(frames(header(), samples, 2).empty());
    StrokeHeader h = header();
    h.most = 64;
    EXPECT_EQ(frames(h, circle(600, 192, 0, 0), 2).size(), 3U);
}

TEST(StrokeFrames, WhatIsTooFaintIsNotBlownUp) {
    StrokeHeader h = header();
    h.threshold = 1;
    h.least_rms[0] = 1000;
    const auto faint = frames(h, circle(60, 64, 0, 0), 2);
    ASSERT_EQ(faint.size(), 1U);
    for (const int16_t v : faint[0]) EXPECT_LE(std::abs(v), 2);
}

TEST(StrokeFrames, SectionsAreChecked) {
    const auto status = [](auto change) {
        StrokeHeader h = header();
        change(h);
        StrokeHeader parsed;
        return parse_stroke_section({reinterpret_cast<const uint8_t*>(&h), sizeof h}, parsed);
    };
    EXPECT_EQ(status([](auto& /*h*/) {}), Status::ok);
    EXPECT_EQ(status([](auto& h) { h.group = 3; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.points = 3; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.active_count = 3; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.least = 15; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.most = 1025; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.least_rms[1] = 0; }), Status::bad_value);
}

}  // namespace
}  // namespace ganglion
