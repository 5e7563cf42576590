#include "device/features/time_features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace ganglion {
namespace {

std::array<int16_t, kTimeFeatureCount> of(const std::vector<int16_t>& samples) {
    std::array<int16_t, kTimeFeatureCount> out{};
    time_features(samples.data(), static_cast<uint32_t>(samples.size()), 1, out.data());
    return out;
}

// The definitions, in double precision.
std::array<double, kTimeFeatureCount> expected(const std::vector<int16_t>& samples) {
    double mean = 0;
    for (const int16_t x : samples) mean += x / static_cast<double>(samples.size());
    double second = 0;
    double fourth = 0;
    double peak = 0;
    for (const int16_t x : samples) {
        const double d = x - mean;
        second += d * d / static_cast<double>(samples.size());
        fourth += d * d * d * d / static_cast<double>(samples.size());
        peak = std::max(peak, std::abs(d));
    }
    return {256 * std::log2(second), 256 * std::log2(peak * peak / second),
            256 * std::log2(fourth / (second * second))};
}

TEST(TimeFeatures, FollowTheirDefinitions) {
    std::minstd_rand random(5);
    std::normal_distribution<double> normal;
    for (const double spread : {20.0, 700.0, 6000.0}) {
        std::vector<int16_t> samples(1024);
        for (int16_t& x : samples)
            x = static_cast<int16_t>(std::lround(900 + spread * normal(random)));
        samples[100] = static_cast<int16_t>(900 + 5 * spread);  // a knock
        const auto measured = of(samples);
        const auto truth = expected(samples);
        for (size_t i = 0; i < measured.size(); ++i) {
            EXPECT_NEAR(measured[i], truth[i], spread < 100 ? 40 : 8) << i << ' ' << spread;
        }
    }
}

TEST(TimeFeatures, AStillStreamGivesZeros) {
    EXPECT_EQ(of(std::vector<int16_t>(512, -1234)), (std::array<int16_t, 3>{0, 0, 0}));
}

TEST(TimeFeatures, TheLoudestStreamDoesNotOverflow) {
    std::vector<int16_t> square(2048);
    for (size_t i = 0; i < square.size(); ++i) square[i] = i % 2 == 0 ? INT16_MIN : INT16_MAX;
    const auto measured = of(square);
    EXPECT_NEAR(measured[0], 30 * 256, 2);
    EXPECT_NEAR(measured[1], 0, 2);
    EXPECT_NEAR(measured[2], 0, 2);
    std::vector<int16_t> knock(2048, INT16_MIN);
    knock[7] = INT16_MAX;
    EXPECT_NEAR(of(knock)[2], 11 * 256, 8);  // one in 2048: kurtosis near 2048
}

TEST(TimeFeatures, ReadOneOfInterleavedChannels) {
    std::vector<int16_t> both(512);
    std::vector<int16_t> second(256);
    for (size_t i = 0; i < second.size(); ++i) {
        second[i] = static_cast<int16_t>((i * 7919) % 2001 - 1000);
        both[2 * i] = 30000;
        both[2 * i + 1] = second[i];
    }
    std::array<int16_t, 3> out{};
    time_features(both.data() + 1, 256, 2, out.data());
    EXPECT_EQ(out, of(second));
}

}  // namespace
}  // namespace ganglion
