#include "device/decide/alert_budget.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace ganglion {
namespace {

constexpr AlertBudgetParameters kParameters{.start_q8 = 6 * 256,
                                            .least_q8 = 256,
                                            .most_q8 = 60 * 256,
                                            .step_q8 = 128,
                                            .slots = 500,
                                            .quiet = 0};

// Scores with a light and with a heavy tail, on different scales: the same share of alerts.
TEST(AlertBudget, AlertsOnceInItsSlotsWhateverTheTail) {
    for (const double power : {1.0, 2.0}) {
        std::minstd_rand random(1);
        AlertBudget::State state = AlertBudget::fresh(kParameters);
        uint32_t alerts = 0;
        constexpr uint32_t judgements = 400000;
        constexpr uint32_t settling = 50000;
        for (uint32_t i = 0; i < settling + judgements; ++i) {
            const double uniform = (1.0 + static_cast<double>(random() % 1000000)) / 1000001;
            const double score = std::pow(-std::log(uniform), power);
            const bool above =
                AlertBudget::judge(kParameters, state, static_cast<uint32_t>(score * 256));
            if (i >= settling && above) ++alerts;
        }
        constexpr double wanted = double{judgements} / kParameters.slots;
        EXPECT_NEAR(alerts, wanted, wanted * 0.1) << power;
    }
}

TEST(AlertBudget, OneLongAlertCountsOnce) {
    AlertBudgetParameters parameters = kParameters;
    parameters.quiet = 10;
    AlertBudget::State state = AlertBudget::fresh(parameters);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(AlertBudget::judge(parameters, state, 20 * 256));
    EXPECT_LT(state.threshold_q24 >> 16, 6U * 256 + 129);
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(AlertBudget::judge(parameters, state, 0));
    const uint32_t before = state.threshold_q24;
    EXPECT_TRUE(AlertBudget::judge(parameters, state, 20 * 256));
    EXPECT_LT(state.threshold_q24, before);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(AlertBudget::judge(parameters, state, 0));
    const uint32_t rested = state.threshold_q24;
    EXPECT_TRUE(AlertBudget::judge(parameters, state, 20 * 256));
    EXPECT_GT(state.threshold_q24, rested);
}

TEST(AlertBudget, StaysWithinItsBounds) {
    AlertBudget::State state = AlertBudget::fresh(kParameters);
    for (int i = 0; i < 1000; ++i) AlertBudget::judge(kParameters, state, UINT32_MAX);
    EXPECT_EQ(state.threshold_q24 >> 16, kParameters.most_q8);
    EXPECT_TRUE(AlertBudget::good(kParameters, state));
    for (int i = 0; i < 1000000; ++i) AlertBudget::judge(kParameters, state, 0);
    EXPECT_EQ(state.threshold_q24 >> 16, kParameters.least_q8);
    EXPECT_TRUE(AlertBudget::good(kParameters, state));
    state.threshold_q24 -= 1;
    EXPECT_FALSE(AlertBudget::good(kParameters, state));

    AlertBudgetParameters parameters = kParameters;
    EXPECT_TRUE(parameters.valid());
    parameters.slots = 0;
    EXPECT_FALSE(parameters.valid());
    parameters = kParameters;
    parameters.least_q8 = parameters.start_q8 + 1;
    EXPECT_FALSE(parameters.valid());
    parameters = kParameters;
    parameters.most_q8 = parameters.start_q8 - 1;
    EXPECT_FALSE(parameters.valid());
}

}  // namespace
}  // namespace ganglion
