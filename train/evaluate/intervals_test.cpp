#include "train/evaluate/intervals.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ganglion::train {
namespace {

// Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
TEST(Wilson, PublishedValues) {
    const auto a = wilson_interval(81, 263);
    EXPECT_NEAR(a.low, 0.2553, 5e-5);
    EXPECT_NEAR(a.high, 0.3662, 5e-5);
    const auto b = wilson_interval(15, 148);
    EXPECT_NEAR(b.low, 0.0624, 5e-5);
    EXPECT_NEAR(b.high, 0.1605, 5e-5);
    const auto c = wilson_interval(0, 20);
    EXPECT_NEAR(c.low, 0, 1e-12);
    EXPECT_NEAR(c.high, 0.1611, 5e-5);
    const auto d = wilson_interval(1, 29);
    EXPECT_NEAR(d.low, 0.0061, 5e-5);
    EXPECT_NEAR(d.high, 0.1718, 5e-5);
    EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

// Exact limits of Garwood 1936, as in the usual tables.
TEST(Poisson, PublishedValues) {
    EXPECT_EQ(poisson_interval(0).low, 0);
    EXPECT_NEAR(poisson_interval(0).high, 3.6889, 1e-4);
    EXPECT_NEAR(poisson_interval(1).low, 0.0253, 1e-4);
    EXPECT_NEAR(poisson_interval(1).high, 5.5716, 1e-4);
    EXPECT_NEAR(poisson_interval(10).low, 4.7954, 1e-4);
    EXPECT_NEAR(poisson_interval(10).high, 18.3904, 1e-4);
    EXPECT_NEAR(poisson_interval(100).low, 81.3636, 1e-3);
    EXPECT_NEAR(poisson_interval(100).high, 121.6266, 1e-3);
}

TEST(RocArea, PerfectChanceAndReversed) {
    const std::array<uint64_t, 4> low{5, 5, 0, 0};
    const std::array<uint64_t, 4> high{0, 0, 5, 5};
    EXPECT_EQ(roc_area(low.data(), high.data(), 4), 1);
    EXPECT_EQ(roc_area(high.data(), low.data(), 4), 0);
    EXPECT_EQ(roc_area(low.data(), low.data(), 4), 0.5);
    const std::array<uint64_t, 4> mixed{0, 5, 5, 0};
    EXPECT_EQ(roc_area(low.data(), mixed.data(), 4), 0.875);
}

}  // namespace
}  // namespace ganglion::train
