#include "device/decide/score_drift.hpp"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(ScoreSketch, counts_by_eighths_and_halves_when_full) {
    ScoreSketch sketch;
    for (const uint32_t score : {0, 124, 125, 999, 1000}) sketch.add(score);
    EXPECT_EQ(sketch.counts, (std::array<uint16_t, 8>{2, 1, 0, 0, 0, 0, 0, 2}));
    EXPECT_EQ(ScoreSketch::bin_of(874), 6U);
    sketch.counts = {UINT16_MAX, 100};
    sketch.add(1);
    EXPECT_EQ(sketch.counts[0], UINT16_MAX / 2 + 1);
    EXPECT_EQ(sketch.counts[1], 50U);
}

// Golden: shares 1/2, 1/2 against 1/4, 3/4 are a quarter apart, whatever the processor.
TEST(ScoreDrift, is_the_total_variation_distance_in_permille) {
    ScoreDrift drift;
    for (uint32_t i = 0; i < ScoreDrift::kReference; ++i) drift.add(i % 2 == 0 ? 100 : 900);
    EXPECT_EQ(drift.permille(), 0) << "nothing recent yet";
    for (uint32_t i = 0; i < ScoreDrift::kLeast; ++i) drift.add(i % 4 == 0 ? 100 : 900);
    EXPECT_EQ(drift.permille(), 250);
    for (uint32_t i = 0; i < 4000; ++i) drift.add(500);
    EXPECT_GE(drift.permille(), 900) << "what was long ago fades";
    for (uint32_t i = 0; i < 20000; ++i) drift.add(i % 2 == 0 ? 100 : 900);
    EXPECT_LE(drift.permille(), 2) << "and back";
}

TEST(ScoreDrift, of_the_same_scores_stays_small) {
    ScoreDrift drift;
    uint32_t state = 1;
    uint16_t most = 0;
    for (int i = 0; i < 100000; ++i) {
        state = state * 1664525 + 1013904223;
        drift.add(static_cast<uint16_t>((state >> 16U) % 1001));
        most = std::max(most, drift.permille());
    }
    EXPECT_LE(most, 120) << "what chance makes of so few";
}

}  // namespace
}  // namespace ganglion
