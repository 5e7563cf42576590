#include "device/features/impact_frames.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

using Samples = std::vector<int16_t>;

// Of all frames of the random stream below; the same on every target.
constexpr uint32_t kGoldenCrc = 1009822245U;

struct Section {
    alignas(4) std::vector<uint8_t> bytes;
    ImpactSection parsed;

    explicit Section(ImpactHeader header, const std::vector<int16_t>& segments) {
        bytes.resize(sizeof header + segments.size() * 2);
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, segments.data(), segments.size() * 2);
    }
    Status parse() { return parse_impact_section(bytes, parsed); }
};

ImpactHeader header() {
    return {.rate_hz = 50,
            .channels = 6,
            .one_g = 1000,
            .threshold = 1600,
            .before = 100,
            .after = 100,
            .segments = 4};
}
const std::vector<int16_t> kSegments = {-100, -50, -20, 0, -2, 3, 50, 100};

// Stands (1 g along y), falls freely for 0.4 s, hits the ground with 5 g, lies (1 g along x).
Samples fall(uint32_t before, uint32_t after) {
    Samples samples;
    const auto add = [&](int16_t x, int16_t y, int16_t turn) {
        for (const int16_t v : {x, y, int16_t{0}, turn, int16_t{0}, int16_t{0}}) {
            samples.push_back(v);
        }
    };
    for (uint32_t i = 0; i < before; ++i) add(0, -1000, 0);
    for (uint32_t i = 0; i < 20; ++i) add(0, -100, 2000);
    add(3000, -4000, 500);
    for (uint32_t i = 0; i < after; ++i) add(1000, 0, 0);
    return samples;
}

std::vector<Samples> frames(const ImpactSection& section, const Samples& samples, size_t block) {
    std::vector<uint8_t> state(ImpactFrames::state_bytes(section));
    std::vector<uint8_t> scratch(ImpactFrames::scratch_bytes(section));
    ImpactFrames block_of_code;
    block_of_code.start(section, state);
    std::vector<Samples> all;
    Samples frame(section.frame_values());
    for (size_t at = 0; at < samples.size(); at += block) {
        std::span<const int16_t> part{samples.data() + at, std::min(block, samples.size() - at)};
        while (!part.empty()) {
            bool ready = false;
            part = part.subspan(block_of_code.push(part, scratch, frame.data(), ready));
            if (ready) all.push_back(frame);
        }
    }
    return all;
}

TEST(ImpactFrames, DescribeAFallAsItHappened) {
    Section section(header(), kSegments);
    ASSERT_EQ(section.parse(), Status::ok);
    const auto found = frames(section.parsed, fall(200, 150), 6);
    ASSERT_EQ(found.size(), 1U);
    const Samples& f = found[0];
    ASSERT_EQ(f.size(), 4U * 9U + 3U + 2U);
    EXPECT_EQ(f[7], -1024);                                // at rest: up is -y
    EXPECT_NEAR(f[9 + 1], 256 * std::log2(0.1), 4);        // falls freely: 0.1 g
    EXPECT_NEAR(f[9 + 4], 256 * std::log2(2000.0), 2);     // and turns
    EXPECT_NEAR(f[18], 256 * std::log2(5.0), 2);           // the blow: 5 g
    EXPECT_EQ(f[27 + 6], 1024);                            // lies: up is x
    EXPECT_NEAR(f[27 + 3], 256 * std::log2(1 / 64.0), 2);  // and is still
    EXPECT_EQ(f[36 + 2], 0);                               // a right angle between the postures
    EXPECT_NEAR(f[39], 256 * std::log2(std::hypot(3.0, 3.9)), 3);  // greatest jerk, of the blow
    EXPECT_NEAR(f[40], 1024 * 20 / 50, 1);  // 0.4 of the last second below 0.7 g
}

TEST(ImpactFrames, DoNotDependOnHowSamplesArrive) {
    Section section(header(), kSegments);
    ASSERT_EQ(section.parse(), Status::ok);
    std::minstd_rand random(3);
    std::normal_distribution<double> normal(0, 900);
    Samples samples(6 * 3000);
    for (int16_t& v : samples) v = static_cast<int16_t>(std::lround(normal(random)));
    const auto whole = frames(section.parsed, samples, samples.size());
    EXPECT_GT(whole.size(), 5U);
    EXPECT_EQ(whole, frames(section.parsed, samples, 1));
    EXPECT_EQ(whole, frames(section.parsed, samples, 7));
    uint32_t crc = 0;
    for (const Samples& f : whole) {
        crc = crc32({reinterpret_cast<const uint8_t*>(f.data()), f.size() * 2}, crc);
    }
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(ImpactFrames, WaitForTheHighestPeakAndStaySilentBelowTheThreshold) {
    Section section(header(), kSegments);
    ASSERT_EQ(section.parse(), Status::ok);
    Samples calm(6 * 500, 0);
    for (size_t i = 0; i < calm.size(); i += 6) calm[i] = 1500;
    EXPECT_TRUE(frames(section.parsed, calm, 60).empty());
    Samples twice(6 * 400, 0);
    for (size_t i = 0; i < twice.size(); i += 6) twice[i] = 1000;
    twice[6 * 150] = 2000;
    twice[6 * 180] = 4000;  // within 2 s of the first: this is the impact
    twice[6 * 220] = 3000;
    const auto found = frames(section.parsed, twice, 60);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0][18], 256 * 2, 2);
}

TEST(ImpactFrames, SectionsAreChecked) {
    const auto status = [](auto change, std::vector<int16_t> segments = kSegments) {
        ImpactHeader h = header();
        change(h);
        return Section(h, segments).parse();
    };
    EXPECT_EQ(status([](auto& h) { h.rate_hz = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.channels = 4; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.one_g = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.before = 4000; }), Status::too_large);
    EXPECT_EQ(status([](auto& h) { h.segments = 5; }), Status::truncated);
    EXPECT_EQ(status([](auto& h) { h.segments = 3; }), Status::bad_shape);
    const auto same = [](ImpactHeader& /*h*/) {};
    EXPECT_EQ(status(same, {-101, -50, -20, 0, -2, 3, 50, 100}), Status::bad_offset);
    EXPECT_EQ(status(same, {-100, -50, -20, 0, -2, 3, 50, 102}), Status::bad_offset);
    EXPECT_EQ(status(same, {-100, -50, -20, 0, 3, 3, 50, 100}), Status::bad_offset);
    EXPECT_EQ(status(same), Status::ok);
}

}  // namespace
}  // namespace ganglion
