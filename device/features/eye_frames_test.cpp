#include "device/features/eye_frames.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

using Samples = std::vector<int16_t>;
using Frame = std::array<int16_t, EyeFrames::kValues>;
// Of all frames of the drive below; the same on every target.
constexpr uint32_t kGoldenCrc = 3635619069U;
constexpr int kRate = 30;

EyeHeader header() {
    return {.rate_hz = kRate,
            .channels = 4,
            .calibrate = 20,
            .hop = 10,
            .window = 60,
            .closed_q8 = 64,
            .nod = 1500};
}

// A drive, image after image: opening 0.320 when open, 0.080 when closed (a quarter of it).
struct Drive {
    Samples samples;
    int16_t pitch = 200;

    void image(double aperture) {
        samples.push_back(static_cast<int16_t>(std::lround(80 + 240 * aperture)));
        samples.push_back(pitch);
        samples.push_back(0);
        samples.push_back(0);
    }
    void open(int images) {
        for (int i = 0; i < images; ++i) image(1);
    }
    /// Closes within two images, stays closed, opens within four.
    void blink(int closed) {
        image(0.5);
        for (int i = 0; i < closed; ++i) image(0);
        for (const double aperture : {0.25, 0.5, 0.75}) image(aperture);
    }
};

std::vector<Frame> frames(const Samples& samples, size_t block) {
    const EyeHeader h = header();
    std::vector<uint8_t> state(EyeFrames::state_bytes(h));
    EyeFrames eyes;
    eyes.start(h, state);
    std::vector<Frame> all;
    for (size_t at = 0; at < samples.size(); at += block) {
        std::span<const int16_t> part{samples.data() + at, std::min(block, samples.size() - at)};
        while (!part.empty()) {
            Frame frame{};
            bool ready = false;
            part = part.subspan(eyes.push(part, {}, frame.data(), ready));
            if (ready) all.push_back(frame);
        }
    }
    return all;
}

// 20 s awake, then a minute with a blink of six closed images every 5 s, then a minute with the
// eye closed for 2 s of each 10 s and a nod in each.
Drive drowsy_drive() {
    Drive drive;
    drive.open(20 * kRate);
    for (int i = 0; i < 12; ++i) {
        drive.open(3 * kRate);
        drive.blink(6);
        drive.open(2 * kRate - 10);
    }
    for (int i = 0; i < 6; ++i) {
        drive.open(6 * kRate - 4);
        drive.pitch = -2000;
        drive.blink(2 * kRate);
        drive.pitch = 200;
        drive.open(2 * kRate);
    }
    return drive;
}

TEST(EyeFrames, MeasureBlinksClosureAndNods) {
    const auto all = frames(drowsy_drive().samples, 4);
    ASSERT_EQ(all.size(), 7U);
    const Frame& awake = all[0];
    EXPECT_EQ(awake[0], 12 * 6 * 1000 / (60 * kRate));  // PERCLOS: six images in each blink
    EXPECT_EQ(awake[1], 12);
    EXPECT_EQ(awake[2], 11 * 1000 / kRate);  // ten images below 80 %, to the first above
    EXPECT_EQ(awake[3], 6 * 1000 / kRate);
    EXPECT_NEAR(awake[4], 1024 * 240 / 320, 12);
    EXPECT_NEAR(awake[5], 1024.0 * 240 / 320 * kRate / 9, 40);  // from the first closed image on
    EXPECT_EQ(awake[6], 0);
    EXPECT_EQ(awake[7], 0);
    EXPECT_EQ(awake[8], 0);
    const Frame& drowsy = all[6];
    EXPECT_EQ(drowsy[0], 200);  // closed for 2 s of 10 s
    EXPECT_EQ(drowsy[1], 6);
    EXPECT_EQ(drowsy[3], 2000);
    EXPECT_EQ(drowsy[7], 6);
    EXPECT_LT(drowsy[6], -400);
    EXPECT_NEAR(drowsy[8], 2 * 2200 * 6 / 60, 1);
}

TEST(EyeFrames, ADriversOwnOpenEyeIsTheMeasure) {
    // Eyes half as wide: the same blinks, the same figures.
    Samples narrow = drowsy_drive().samples;
    for (size_t i = 0; i < narrow.size(); i += 4) narrow[i] = static_cast<int16_t>(narrow[i] / 2);
    const auto wide = frames(drowsy_drive().samples, 4);
    const auto other = frames(narrow, 4);
    ASSERT_EQ(wide.size(), other.size());
    for (size_t i = 0; i < wide.size(); ++i) {
        for (const size_t value : {0U, 1U, 2U, 3U}) EXPECT_EQ(wide[i][value], other[i][value]);
        EXPECT_NEAR(wide[i][4], other[i][4], 16);
    }
}

TEST(EyeFrames, DoNotDependOnHowSamplesArrive) {
    const Samples samples = drowsy_drive().samples;
    const auto whole = frames(samples, samples.size());
    EXPECT_EQ(whole, frames(samples, 1));
    EXPECT_EQ(whole, frames(samples, 13));
    uint32_t crc = 0;
    for (const Frame& f : whole) {
        crc = crc32({reinterpret_cast<const uint8_t*>(f.data()), f.size() * 2}, crc);
    }
    EXPECT_EQ(crc, kGoldenCrc);
}

TEST(EyeFrames, SectionsAreChecked) {
    const auto status = [](auto change) {
        EyeHeader h = header();
        change(h);
        EyeHeader parsed;
        return parse_eye_section({reinterpret_cast<const uint8_t*>(&h), sizeof h}, parsed);
    };
    EXPECT_EQ(status([](auto& /*h*/) {}), Status::ok);
    EXPECT_EQ(status([](auto& h) { h.rate_hz = 0; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.channels = 2; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.window = 65; }), Status::bad_shape);
    EXPECT_EQ(status([](auto& h) { h.hop = 1; }), Status::bad_shape);  // 60 parts
    EXPECT_EQ(status([](auto& h) { h.closed_q8 = 201; }), Status::bad_value);
    EXPECT_EQ(status([](auto& h) { h.nod = 0; }), Status::bad_value);
}

}  // namespace
}  // namespace ganglion
