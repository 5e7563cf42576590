#include "fleet/rollout/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ganglion::fleet {
namespace {

TEST(statistics, incomplete_beta_by_its_closed_forms) {
    for (const double x : {0.01, 0.2, 0.5, 0.7, 0.99}) {
        EXPECT_NEAR(incomplete_beta(1, 1, x), x, 1e-12);
        EXPECT_NEAR(incomplete_beta(3, 1, x), x * x * x, 1e-12);
        EXPECT_NEAR(incomplete_beta(1, 4, x), 1 - std::pow(1 - x, 4), 1e-12);
        EXPECT_NEAR(incomplete_beta(0.5, 0.5, x), 2 / M_PI * std::asin(std::sqrt(x)), 1e-10);
    }
    EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
    EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
}

TEST(statistics, students_tail_by_tables) {
    // One-sided 5 % and 0.1 % points (any book of tables).
    EXPECT_NEAR(student_tail(2.015048, 5), 0.05, 1e-6);
    EXPECT_NEAR(student_tail(1.697261, 30), 0.05, 1e-6);
    EXPECT_NEAR(student_tail(5.893430, 5), 0.001, 1e-6);
    EXPECT_NEAR(student_tail(-2.015048, 5), 0.95, 1e-6);
    EXPECT_NEAR(student_tail(1, 1), 0.25, 1e-10);
}

TEST(statistics, binomial_tail_by_summing) {
    const auto sum = [](uint64_t from, uint64_t n, double p) {
        double all = 0;
        for (uint64_t k = from; k <= n; ++k)
            all += std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) +
                            static_cast<double>(k) * std::log(p) +
                            static_cast<double>(n - k) * std::log1p(-p));
        return all;
    };
    EXPECT_NEAR(binomial_tail(3, 10, 0.1), sum(3, 10, 0.1), 1e-10);
    EXPECT_NEAR(binomial_tail(30, 200, 0.05), sum(30, 200, 0.05), 1e-12);
    EXPECT_EQ(binomial_tail(0, 5, 0.1), 1);
    EXPECT_EQ(binomial_tail(6, 5, 0.1), 0);
}

TEST(statistics, all_looks_together_spend_alpha) {
    double sum = 0;
    for (uint32_t look = 1; look < 1'000'000; ++look) sum += spent_at(0.05, look);
    EXPECT_LE(sum, 0.05);
    EXPECT_NEAR(sum, 0.05, 1e-6);
}

}  // namespace
}  // namespace ganglion::fleet
