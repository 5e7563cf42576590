#include "fleet/together/prior.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace ganglion::fleet::together {
namespace {

constexpr device::ShareTerms kTerms{.centre = {2000, 2400},
                                    .count = 2,
                                    .radius = 256,
                                    .sigma = 128,
                                    .period_s = 86'400,
                                    .contributions = 3};

std::vector<device::Contribution> honest(size_t count) {
    std::mt19937_64 engine(3);
    const device::RandomWords random{
        [](void* from) { return (*static_cast<std::mt19937_64*>(from))(); }, &engine};
    std::vector<device::Contribution> all;
    for (size_t i = 0; i < count; ++i) {
        const int16_t learned[] = {static_cast<int16_t>(2050 + 5 * i),
                                   static_cast<int16_t>(2300 - 3 * i)};
        all.push_back(contribute(kTerms, learned, random));
    }
    return all;
}

TEST(Together, a_contributions_cost_is_what_its_noise_promises) {
    const PrivacyCost cost = cost_of(kTerms);
    EXPECT_DOUBLE_EQ(cost.rho, 8);  // (2 * 256)^2 / (2 * 128^2)
    EXPECT_NEAR(cost.epsilon(1e-5), 8 + 2 * std::sqrt(8 * 11.5129), 1e-3);
    EXPECT_DOUBLE_EQ(cost_of(kTerms, 3).rho, 24) << "costs add up";
}

TEST(Together, the_prior_is_near_what_devices_learned) {
    const auto prior = aggregate(kTerms, honest(41));
    ASSERT_TRUE(prior);
    EXPECT_NEAR(prior->values[0], 2150, 60);
    EXPECT_NEAR(prior->values[1], 2240, 60);
    EXPECT_EQ(prior->contributors, 41U);
    EXPECT_FALSE(aggregate(kTerms, honest(7))) << "too few";
}

TEST(Together, three_poisoned_in_twenty_move_little_and_the_impossible_is_refused) {
    auto all = honest(20);
    const auto clean = aggregate(kTerms, all);
    for (size_t i = 0; i < 3; ++i) all[i].values = {2000 + 256, 2400 - 256};
    const auto poisoned = aggregate(kTerms, all);
    ASSERT_TRUE(clean && poisoned);
    // By no more than a fifth of the noise's deviation times what three of twenty ranks are.
    EXPECT_LT(std::abs(poisoned->values[0] - clean->values[0]), 64);
    EXPECT_LT(std::abs(poisoned->values[1] - clean->values[1]), 64);
    for (size_t i = 0; i < 3; ++i) all[i].values = {1'000'000, -1'000'000};
    const auto refused = aggregate(kTerms, all);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->refused, 3U);
}

}  // namespace
}  // namespace ganglion::fleet::together
