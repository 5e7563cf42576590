#include "device/features/ecg_beats.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"
#include "device/features/testing/synthetic_ecg.hpp"

namespace ganglion {
namespace {

using testing::synthetic_ecg;
using testing::SyntheticBeat;
using Frame = std::array<int16_t, EcgBeats::kValues>;

struct Timed {
    double at_s;
    Frame frame;
};

std::vector<Timed> frames_of(const std::vector<int16_t>& samples, uint32_t rate_hz,
                             size_t block = 1000) {
    const EcgBeats::Parameters parameters{static_cast<uint16_t>(rate_hz), 3000};
    std::vector<uint32_t> state((EcgBeats::state_bytes(parameters) + 3) / 4);
    std::vector<uint32_t> scratch((EcgBeats::scratch_bytes(parameters) + 3) / 4);
    EcgBeats beats;
    beats.start(parameters,
                {reinterpret_cast<uint8_t*>(state.data()), EcgBeats::state_bytes(parameters)});
    std::vector<Timed> frames;
    for (size_t begin = 0; begin < samples.size(); begin += block) {
        const size_t end = std::min(samples.size(), begin + block);
        size_t at = begin;
        while (at < end) {
            Frame frame{};
            bool ready = false;
            at += beats.push(
                std::span(samples).subspan(at, end - at),
                {reinterpret_cast<uint8_t*>(scratch.data()), EcgBeats::scratch_bytes(parameters)},
                frame.data(), ready);
            if (ready) frames.push_back({static_cast<double>(at - frame[18]) / rate_hz, frame});
        }
    }
    return frames;
}

std::vector<SyntheticBeat> regular(double seconds) {
    std::vector<SyntheticBeat> beats;
    for (double t = 0.5; t < seconds - 1; t += 0.8) beats.push_back({t});
    return beats;
}

const Timed* nearest(const std::vector<Timed>& frames, double at_s) {
    for (const Timed& frame : frames)
        if (std::abs(frame.at_s - at_s) < 0.1) return &frame;
    return nullptr;
}

TEST(EcgBeats, NormalBeatsAreLikeTheNormalBeat) {
    for (const uint32_t rate : {128U, 250U, 360U, 500U}) {
        SCOPED_TRACE(rate);
        const auto beats = regular(60);
        const auto frames = frames_of(synthetic_ecg(beats, 60, rate), rate);
        for (size_t i = 20; i + 1 < beats.size(); ++i) {
            const Timed* beat = nearest(frames, beats[i].at_s);
            ASSERT_NE(beat, nullptr) << beats[i].at_s;
            EXPECT_NEAR(beat->at_s, beats[i].at_s, 0.03);
            EXPECT_NEAR(beat->frame[17], 800, 13);
            EXPECT_NEAR(beat->frame[0], 0, 12);
            EXPECT_NEAR(beat->frame[1], 0, 12);
            EXPECT_NEAR(beat->frame[3], 0, 12);
            EXPECT_NEAR(beat->frame[6], 0, 12);
            EXPECT_GT(beat->frame[7], 980);
            EXPECT_GT(beat->frame[8], 930);
            EXPECT_NEAR(beat->frame[11], 0, 40);
            EXPECT_LT(beat->frame[14], 300);
            EXPECT_NEAR(beat->frame[15], 0, 120);
            EXPECT_NEAR(beat->frame[16], 0, 120);
        }
    }
}

TEST(EcgBeats, EarlyAndWideBeatsAreTold) {
    auto beats = regular(90);
    beats[40].at_s -= 0.3;  // supraventricular: early, same shape
    beats[60].at_s -= 0.3;  // ventricular: early and wide
    beats[60].wide = true;
    const auto frames = frames_of(synthetic_ecg(beats, 90, 360), 360);
    const Timed* early = nearest(frames, beats[40].at_s);
    const Timed* wide = nearest(frames, beats[60].at_s);
    ASSERT_NE(early, nullptr);
    ASSERT_NE(wide, nullptr);
    EXPECT_NEAR(early->frame[0], 256 * std::log2(0.5 / 0.8), 15);
    EXPECT_NEAR(early->frame[1], 256 * std::log2(1.1 / 0.8), 15);
    EXPECT_NEAR(early->frame[3], 256 * std::log2(0.5 / 0.8), 15);
    EXPECT_NEAR(early->frame[4], 256 * std::log2(1.1 / 0.8), 15);
    EXPECT_NEAR(early->frame[5], 0, 15);  // the pause makes up for it
    EXPECT_GT(early->frame[7], 900);
    EXPECT_LT(wide->frame[0], -90);
    EXPECT_LT(wide->frame[7], 500);
    EXPECT_GT(wide->frame[12], 100);                                        // more area
    EXPECT_GT(std::abs(wide->frame[15]) + std::abs(wide->frame[16]), 200);  // another height
}

TEST(EcgBeats, APauseIsToldWhileItLasts) {
    auto beats = regular(40);
    const auto frames = frames_of(synthetic_ecg(beats, 60, 360), 360);
    ASSERT_FALSE(frames.empty());
    EXPECT_NEAR(frames.back().at_s, beats.back().at_s, 0.05);
    EXPECT_NEAR(frames.back().frame[1], 256 * std::log2(3000.0 / 800.0), 12);
    EXPECT_NEAR(frames.back().frame[18], 3 * 360, 40);
}

TEST(EcgBeats, TheSameBitsWhateverTheBlocks) {
    const auto samples = synthetic_ecg(regular(40), 40, 360, 0.05);
    const auto whole = frames_of(samples, 360, samples.size());
    for (const size_t block : {1U, 7U, 360U}) {
        const auto parts = frames_of(samples, 360, block);
        ASSERT_EQ(parts.size(), whole.size());
        for (size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i].frame, whole[i].frame);
    }
}

// Integers only: the same on every target. Noise at full scale takes every path.
TEST(EcgBeats, GoldenFrames) {
    std::minstd_rand random(17);
    std::vector<int16_t> samples;
    int32_t level = 0;
    for (int i = 0; i < 40000; ++i) {
        const auto draw = static_cast<int32_t>(random() % 65536U) - 32768;
        level = i % 300 < 20 ? draw : level * 7 / 8;
        samples.push_back(static_cast<int16_t>(level));
    }
    uint32_t crc = 0;
    const auto frames = frames_of(samples, 360);
    for (const Timed& frame : frames)
        crc =
            crc32({reinterpret_cast<const uint8_t*>(frame.frame.data()), sizeof frame.frame}, crc);
    EXPECT_EQ(frames.size(), 128U);
    EXPECT_EQ(crc, 4283639238U);
}

TEST(EcgBeats, RefusesWhatItCannotRun) {
    FeatureHeader header{};
    header.rate_hz = 360;
    header.period_s = 1;
    header.channels = 1;
    header.frame_values = EcgBeats::kValues;
    const auto parse = [&](uint16_t rate_hz, uint16_t pause_ms) {
        const EcgBeatsParameters given{rate_hz, pause_ms};
        EcgBeatsParameters parsed{};
        return EcgBeats::parse(header, {reinterpret_cast<const uint8_t*>(&given), sizeof given},
                               parsed);
    };
    EXPECT_EQ(parse(360, 3000), Status::ok);
    EXPECT_EQ(parse(250, 3000), Status::bad_value);
    EXPECT_EQ(parse(360, 1000), Status::bad_value);
    header.rate_hz = 50;
    EXPECT_EQ(parse(50, 3000), Status::bad_value);
    header.channels = 2;
    EXPECT_EQ(parse(50, 3000), Status::bad_shape);
}

}  // namespace
}  // namespace ganglion
