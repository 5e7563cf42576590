#include "train/corpus/word_extent.hpp"

#include <gtest/gtest.h>

#include "train/synthesis/random.hpp"

namespace ganglion::train {
namespace {

std::vector<int16_t> noise_with_bursts(double floor,
                                       const std::vector<std::pair<size_t, size_t>>& bursts) {
    Random random(1);
    std::vector<int16_t> samples(48000);
    for (auto& s : samples) s = static_cast<int16_t>(floor * random.normal());
    for (const auto& [begin, end] : bursts) {
        for (size_t i = begin; i < end; ++i)
            samples[i] = static_cast<int16_t>(4000 * random.normal());
    }
    return samples;
}

TEST(WordExtent, BridgesAStopConsonant) {
    for (const double floor : {1.0, 100.0}) {
        const auto extent =
            word_extent(noise_with_bursts(floor, {{20000, 24000}, {25600, 30000}}), 16000);
        EXPECT_NEAR(static_cast<double>(extent.begin), 20000, 200) << floor;
        EXPECT_NEAR(static_cast<double>(extent.end), 30000, 200) << floor;
    }
}

TEST(WordExtent, LeavesOutADistantClick) {
    const auto extent = word_extent(noise_with_bursts(20, {{3000, 3200}, {20000, 30000}}), 16000);
    EXPECT_GT(extent.begin, 19000U);
}

TEST(WordExtent, ShortAndSilentInputIsCovered) {
    EXPECT_EQ(word_extent({}, 16000).end, 0U);
    EXPECT_LE(word_extent(std::vector<int16_t>(800, 0), 16000).end, 800U);
    EXPECT_LE(word_extent(std::vector<int16_t>(80, 5), 16000).end, 80U);
}

}  // namespace
}  // namespace ganglion::train
