#include "train/fit/scaling.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "train/fit/windows.hpp"

namespace ganglion::train {
namespace {

TEST(Scaling, MedianBecomesZeroAndOutliersAreCut) {
    std::vector<int16_t> raw;
    for (int i = 0; i < 1001; ++i) {
        raw.push_back(static_cast<int16_t>(i == 500 ? 30000 : 1000 + i));
        raw.push_back(7);
    }
    const auto scaling = choose_scaling(raw, 2);
    ASSERT_EQ(scaling.size(), 2U);
    EXPECT_NEAR(scaling[0].offset, 1501, 2);
    EXPECT_NEAR(scaled(scaling[0], 2000), 127, 2);
    EXPECT_EQ(scaled(scaling[0], 30000), 127);
    EXPECT_EQ(scaled(scaling[0], -30000), -128);
    EXPECT_EQ(scaled(scaling[1], 7), 0);
    EXPECT_THROW(choose_scaling({}, 2), std::runtime_error);
}

TEST(ClassWeights, EachClassCountsAlike) {
    const std::vector<uint16_t> labels{0, 0, 0, 0, 0, 0, 1, 1};
    const auto weights = class_weights(labels, 3, 1);
    EXPECT_NEAR(6 * weights[0], 2 * weights[1], 1e-9);
    EXPECT_NEAR(6 * weights[0] + 2 * weights[1], 8, 1e-9);
    EXPECT_EQ(weights[2], 0);
    EXPECT_EQ(class_weights(labels, 2, 0), (std::vector<double>{1, 1}));
}

TEST(Confusion, KnowsShares) {
    Confusion confusion(3);
    for (int i = 0; i < 8; ++i) confusion.add(0, i < 6 ? 0 : 1);
    for (int i = 0; i < 2; ++i) confusion.add(1, 1);
    EXPECT_DOUBLE_EQ(confusion.accuracy(), 0.8);
    EXPECT_DOUBLE_EQ(confusion.balanced_accuracy(), (0.75 + 1) / 2);  // class 2 has no windows
    EXPECT_DOUBLE_EQ(confusion.precision(1), 0.5);
    EXPECT_DOUBLE_EQ(confusion.f1(1), 2.0 / 3);
}

}  // namespace
}  // namespace ganglion::train
