#include "train/fit/spectrum_change.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace ganglion::train {
namespace {

TEST(SpectrumChange, ShiftsAndTiltsWithinBoundsAndStaysInInt8) {
    Random random(1);
    const std::vector<int8_t> flat(40, 20);
    const std::vector<int8_t> loud(40, 127);
    double most = 0;
    for (int n = 0; n < 200; ++n) {
        const SpectrumChange change(40, random);
        for (int32_t band = 0; band < 40; ++band) {
            most = std::max(most, std::fabs(double{change.at(flat.data(), band)} - 20));
            EXPECT_LE(change.at(loud.data(), band), 127);
        }
    }
    EXPECT_LE(most, 20.001);
    EXPECT_GT(most, 10) << "offset and tilt add up at the outer bands";
}

TEST(SpectrumChange, MovesAPeakByAFewBands) {
    Random random(2);
    std::vector<int8_t> peak(40, -100);
    peak[30] = 100;
    int moved = 0;
    for (int n = 0; n < 200; ++n) {
        const SpectrumChange change(40, random);
        std::vector<float> values;
        for (int32_t band = 0; band < 40; ++band) values.push_back(change.at(peak.data(), band));
        const auto at = std::ranges::max_element(values) - values.begin();
        EXPECT_NEAR(static_cast<double>(at), 30, 3);
        moved += at != 30 ? 1 : 0;
    }
    EXPECT_GT(moved, 40);
    EXPECT_LT(moved, 160) << "some keep their place";
}

TEST(SpectrumChange, MasksAFewBandsAndMomentsWhole) {
    Random random(3);
    int masked = 0;
    for (int n = 0; n < 200; ++n) {
        std::vector<float> values(40 * 49, 1.0F);
        mask_spectrum(values.data(), 40, 49, random);
        const auto gone = std::ranges::count(values, 0.0F);
        masked += gone > 0 ? 1 : 0;
        EXPECT_LE(gone, 5 * 49 + 4 * 40);
    }
    EXPECT_GT(masked, 80);
    EXPECT_LT(masked, 180);
    std::vector<float> small(2, 1.0F);  // two bands, one moment
    for (int n = 0; n < 50; ++n) mask_spectrum(small.data(), 2, 1, random);
}

}  // namespace
}  // namespace ganglion::train
