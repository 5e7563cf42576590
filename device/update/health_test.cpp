#include "device/update/health.hpp"

#include <gtest/gtest.h>

namespace ganglion::update {
namespace {

HealthRule strict() {
    HealthRule rule;
    rule.min_ms = 1000;
    rule.max_ms = 5000;
    rule.min_inferences = 100;
    rule.max_alerts_permille = 20;
    rule.scores = {900, 50, 0, 0, 0, 0, 0, 50};
    rule.max_distance_permille = 100;
    return rule;
}

// 90 low scores, 5 a little higher, 5 high ones, as signed; `alerts` of them raise one.
void usual(HealthMonitor& monitor, int alerts) {
    for (int i = 0; i < 100; ++i) monitor.inference(i < 90 ? 10 : i < 95 ? 130 : 1000, i < alerts);
}

TEST(health, good_when_all_is_as_signed) {
    HealthMonitor monitor(strict());
    EXPECT_EQ(monitor.judge(2000), Health::undecided);
    usual(monitor, 2);
    EXPECT_EQ(monitor.distance_permille(), 0U);
    EXPECT_EQ(monitor.judge(999), Health::undecided);
    EXPECT_EQ(monitor.judge(1000), Health::undecided) << "has not reached the fleet";
    monitor.connected();
    EXPECT_EQ(monitor.judge(999), Health::undecided);
    EXPECT_EQ(monitor.judge(1000), Health::healthy);
}

TEST(health, too_many_alerts_count_once_enough_was_seen) {
    HealthMonitor monitor(strict());
    monitor.connected();
    monitor.inference(10, true);
    EXPECT_EQ(monitor.judge(1000), Health::undecided);
    usual(monitor, 2);
    EXPECT_EQ(monitor.judge(1000), Health::too_many_alerts);
}

TEST(health, another_distribution_of_scores_is_noticed) {
    HealthMonitor monitor(strict());
    monitor.connected();
    for (int i = 0; i < 100; ++i) monitor.inference(i < 75 ? 10 : 400, false);
    EXPECT_EQ(monitor.distance_permille(), 250U);
    EXPECT_EQ(monitor.judge(1000), Health::scores_differ);
}

TEST(health, not_healthy_in_time_is_unhealthy) {
    HealthMonitor monitor(strict());
    usual(monitor, 0);
    EXPECT_EQ(monitor.judge(4999), Health::undecided);
    EXPECT_EQ(monitor.judge(5000), Health::out_of_time);
    HealthRule patient = strict();
    patient.max_ms = 0;
    EXPECT_EQ(HealthMonitor(patient).judge(UINT32_MAX), Health::undecided);
}

}  // namespace
}  // namespace ganglion::update
