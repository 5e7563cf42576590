#include "device/together/contribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace ganglion::together {
namespace {

class ContributionTest : public ::testing::Test {
  protected:
    std::mt19937_64 engine_{5};
    RandomWords random_{[](void* engine) { return (*static_cast<std::mt19937_64*>(engine))(); },
                        &engine_};
};

TEST_F(ContributionTest, noise_has_the_discrete_gaussians_moments) {
    for (const uint32_t sigma : {1U, 40U, 512U}) {
        double sum = 0;
        double square = 0;
        double within = 0;
        constexpr int count = 20'000;
        for (int i = 0; i < count; ++i) {
            const double draw = discrete_gaussian(sigma, random_);
            sum += draw;
            square += draw * draw;
            within += std::abs(draw) <= 2.0 * sigma ? 1 : 0;
        }
        EXPECT_NEAR(sum / count, 0, 0.03 * sigma);
        EXPECT_NEAR(std::sqrt(square / count), sigma, 0.03 * sigma);
        if (sigma > 1) {
            EXPECT_NEAR(within / count, 0.9545, 0.006);
        }
    }
}

TEST_F(ContributionTest, what_is_beyond_the_radius_is_clipped_before_the_noise) {
    const ShareTerms terms{.centre = {1000, 1000, 1000},
                           .count = 3,
                           .radius = 256,
                           .sigma = 1,
                           .period_s = 1,
                           .contributions = 1};
    ASSERT_TRUE(terms.valid());
    const int16_t learned[] = {21'000, -19'000, 1000};
    const Contribution far = contribute(terms, learned, random_);
    double square = 0;
    for (uint32_t i = 0; i < 3; ++i) square += std::pow(far.values[i] - 1000, 2);
    EXPECT_NEAR(std::sqrt(square), 256, 12);
    EXPECT_NEAR(far.values[0] - 1000, 1000 - far.values[1], 12) << "its direction stays";
    const int16_t near[] = {1010, 1020, 990};
    EXPECT_NEAR(contribute(terms, near, random_).values[1], 1020, 8);
}

TEST_F(ContributionTest, a_message_comes_back_and_nothing_malformed_does) {
    Contribution contribution;
    contribution.of = "machine 2";
    contribution.sequence = 3;
    contribution.values = {1, -2, 70'000};
    contribution.count = 3;
    std::vector<uint8_t> bytes(kMaxContributionBytes);
    bytes.resize(encode(contribution, bytes));
    ASSERT_FALSE(bytes.empty());
    Contribution back;
    ASSERT_TRUE(decode(bytes, back));
    EXPECT_EQ(back.of, "machine 2");
    EXPECT_EQ(back.values, contribution.values);
    for (size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode(std::span(bytes).first(size), back));
    for (int round = 0; round < 20'000; ++round) {
        std::vector<uint8_t> damaged = bytes;
        damaged[engine_() % damaged.size()] = static_cast<uint8_t>(engine_());
        damaged[engine_() % damaged.size()] = static_cast<uint8_t>(engine_());
        if (!decode(damaged, back)) continue;
        EXPECT_LE(back.count, back.values.size());
        EXPECT_LE(back.of.size(), Contribution::kMostClass);
    }
}

}  // namespace
}  // namespace ganglion::together
