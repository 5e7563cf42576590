#include "train/corpus/loud_stretches.hpp"

#include <gtest/gtest.h>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

constexpr uint32_t kRate = 16000;

/// Noise of `quiet` LSB, and of `loud` LSB in the stretches (milliseconds).
std::vector<int16_t> noise(size_t milliseconds, double quiet, double loud,
                           const std::vector<Extent>& where) {
    Random random(3);
    std::vector<int16_t> samples;
    for (size_t i = 0; i < milliseconds * kRate / 1000; ++i) {
        double level = quiet;
        for (const Extent& e : where)
            if (i * 1000 / kRate >= e.begin && i * 1000 / kRate < e.end) level = loud;
        samples.push_back(static_cast<int16_t>(level * random.normal()));
    }
    return samples;
}

void expect_stretch(const Extent& stretch, double begin_ms, double end_ms) {
    EXPECT_NEAR(static_cast<double>(stretch.begin) * 1000 / kRate, begin_ms, 35);
    EXPECT_NEAR(static_cast<double>(stretch.end) * 1000 / kRate, end_ms, 35);
}

TEST(LoudStretches, BridgesKnocksInARowAndPartsDistantOnes) {
    const auto samples =
        noise(6000, 20, 4000, {{1000, 1050}, {1300, 1350}, {1600, 1650}, {4000, 4060}});
    const auto found = loud_stretches(samples, kRate);
    ASSERT_EQ(found.size(), 2U);
    expect_stretch(found[0], 1000, 1650);
    expect_stretch(found[1], 4000, 4060);
}

TEST(LoudStretches, LoudnessDoesNotMatter) {
    const auto loud = loud_stretches(noise(3000, 100, 8000, {{1000, 1500}}), kRate);
    const auto faint = loud_stretches(noise(3000, 5, 400, {{1000, 1500}}), kRate);
    ASSERT_EQ(loud.size(), 1U);
    ASSERT_EQ(faint.size(), 1U);
    expect_stretch(faint[0], 1000, 1500);
    expect_stretch(loud[0], 1000, 1500);
}

TEST(LoudStretches, ContinuousSoundIsOneAndSilenceNone) {
    const auto whole = loud_stretches(noise(2000, 500, 500, {}), kRate);
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(whole[0].begin, 0U);
    EXPECT_EQ(whole[0].end, 2U * kRate);
    EXPECT_TRUE(loud_stretches(std::vector<int16_t>(kRate, 0), kRate).empty());
    EXPECT_TRUE(loud_stretches({}, kRate).empty());
}

}  // namespace
}  // namespace ganglion::train
