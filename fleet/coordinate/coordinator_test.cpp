#include "fleet/coordinate/coordinator.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ganglion::fleet::coordinate {
namespace {

constexpr uint32_t kStart = 1'800'000'000 / 3600 * 3600;
constexpr size_t kHomes = 20;

CoordinatorOptions usual_options() {
    CoordinatorOptions options;
    options.market.generators = {{"base", 60'000, 20, 60'000}, {"peak", 200'000, 100, 200'000}};
    return options;
}

device::Summary home(uint32_t now_s, uint32_t sequence) {
    device::Summary summary;
    summary.boot = 1;
    summary.sequence = sequence;
    summary.clock_s = now_s;
    for (uint32_t part = 0; part < 4; ++part)
        summary.measured[part] = 800 + static_cast<int32_t>(sequence * 7 + part * 3);
    summary.parts = 4;
    summary.forecast.fill(800);
    for (uint32_t hour = 12; hour < 18; ++hour) summary.forecast[hour] = 2500;
    summary.forecast_count = 24;
    summary.error = 100;
    summary.stores[0] = {device::StoreKind::storage, 1000, 10'000, 3000, 3000, 0, 0};
    summary.stores[1] = {device::StoreKind::task, 36'000, 40'000, 0, 7000, 0, 40};
    summary.store_count = 2;
    return summary;
}

class CoordinatorTest : public ::testing::Test {
  protected:
    void tell(uint32_t now_s, uint32_t sequence) {
        for (size_t feeder = 0; feeder < 2; ++feeder)
            for (size_t i = 0; i < kHomes; ++i) coordinator_.hear(feeder, i, home(now_s, sequence));
    }

    Coordinator coordinator_{
        usual_options(),
        {{"feeder-1", 60'000, 60'000, kHomes}, {"feeder-2", 30'000, 30'000, kHomes}}};
};

TEST_F(CoordinatorTest, orders_keep_feeders_within_their_limits) {
    tell(kStart, 1);
    const Cycle cycle = coordinator_.run(kStart);
    ASSERT_TRUE(cycle.plan.optimal);
    ASSERT_EQ(cycle.orders.size(), 2U);
    EXPECT_LE(cycle.orders[0].expected, 60'000);
    EXPECT_LE(cycle.orders[1].expected, 30'000);
    double before_evening = 0;
    for (const BlockPlan& block : cycle.plan.blocks) before_evening += block.storage_content[11];
    EXPECT_GT(before_evening, 2 * kHomes * 4000) << "cheap now, dear this evening: charged";
    EXPECT_EQ(cycle.believed, 2 * kHomes);
    EXPECT_EQ(cycle.decisions.back().kind, "plan");
    EXPECT_FALSE(cycle.decisions.back().text.empty());
}

TEST_F(CoordinatorTest, a_silent_home_is_left_out_within_a_cycle_and_named) {
    tell(kStart, 1);
    coordinator_.run(kStart);
    for (size_t feeder = 0; feeder < 2; ++feeder)
        for (size_t i = 0; i < kHomes; ++i)
            if (!(feeder == 1 && i == 3)) coordinator_.hear(feeder, i, home(kStart + 3600, 2));
    const Cycle cycle = coordinator_.run(kStart + 3600);
    EXPECT_EQ(coordinator_.suspicion(1, 3), Suspicion::silent);
    EXPECT_EQ(cycle.left_out, 1U);
    const auto named = std::ranges::find(cycle.decisions, "leave out", &CoordinatorDecision::kind);
    ASSERT_NE(named, cycle.decisions.end());
    EXPECT_EQ(named->object, "feeder-2");
    EXPECT_EQ(named->device, 3U);
}

TEST_F(CoordinatorTest, a_home_that_only_comes_late_is_back_with_the_next_cycle) {
    tell(kStart, 1);
    coordinator_.run(kStart);
    const Cycle without = coordinator_.run(kStart + 3600);
    EXPECT_EQ(without.believed, 0U);
    tell(kStart + 3610, 2);
    const Cycle with = coordinator_.run(kStart + 3900);
    EXPECT_EQ(with.believed, 2 * kHomes);
    EXPECT_EQ(with.decisions.front().kind, "take in");
}

TEST_F(CoordinatorTest, what_a_home_claims_beyond_reason_changes_little) {
    tell(kStart, 1);
    const double before = coordinator_.run(kStart).demand;
    tell(kStart + 3600, 2);
    device::Summary wild = home(kStart + 3600, 3);
    wild.measured.fill(900'000);
    wild.stores[0] = {device::StoreKind::storage, 0, 500'000'000, 900'000, 900'000, 0, 0};
    coordinator_.hear(0, 0, wild);
    const Cycle cycle = coordinator_.run(kStart + 3600);
    EXPECT_EQ(coordinator_.suspicion(0, 0), Suspicion::impossible);
    EXPECT_LT(std::abs(cycle.demand - before), 10'000);
}

TEST_F(CoordinatorTest, unchanged_orders_are_not_sent_again_but_never_let_expire) {
    tell(kStart, 1);
    EXPECT_TRUE(coordinator_.run(kStart).orders[0].changed);
    uint32_t sent = 0;
    uint32_t longest = 0;
    uint32_t last = kStart;
    for (uint32_t now = kStart + 900; now <= kStart + 6 * 3600; now += 900) {
        if (now % 3600 == 0) tell(now, 1 + (now - kStart) / 3600);
        const FeederOrder order = coordinator_.run(now).orders[0];
        if (!order.changed) continue;
        EXPECT_EQ(order.sequence, now);
        longest = std::max(longest, now - last);
        last = now;
        ++sent;
    }
    EXPECT_LT(longest, coordinator_.options().valid_s);
    EXPECT_GT(sent, 0U);
}

TEST_F(CoordinatorTest, between_plans_storages_make_up_for_what_feeders_measured) {
    tell(kStart, 1);
    const Cycle plan = coordinator_.run(kStart);
    const double expected = plan.orders[0].expected + plan.orders[1].expected;
    for (size_t feeder = 0; feeder < 2; ++feeder)
        coordinator_.measure(feeder, plan.orders[feeder].expected + 3000);
    const Cycle trim = coordinator_.run(kStart + 300);
    EXPECT_EQ(trim.decisions.back().kind, "trim");
    EXPECT_TRUE(trim.orders[0].changed || trim.orders[1].changed);
    // What was too much, and would be again, is given by storages.
    const double now = trim.orders[0].expected + trim.orders[1].expected;
    EXPECT_NEAR(now, expected - 3000, 2000);
    EXPECT_LT(trim.orders[0].levels[0][0] + trim.orders[1].levels[0][0],
              plan.orders[0].levels[0][0] + plan.orders[1].levels[0][0]);
}

TEST_F(CoordinatorTest, what_local_rules_alone_would_do_is_reckoned_beside) {
    CoordinatorOptions options = usual_options();
    options.local_too = true;
    options.cheap_from_h = kStart / 3600 % 24;  // now is cheap: every task would begin
    options.cheap_until_h = options.cheap_from_h + 1;
    Coordinator other(options, {{"feeder-1", 60'000, 60'000, kHomes}});
    for (size_t i = 0; i < kHomes; ++i) other.hear(0, i, home(kStart, 1));
    const Cycle cycle = other.run(kStart);
    // Each takes 800 W of its own, gives 800 W from its storage and charges with 7 kW.
    EXPECT_NEAR(cycle.local, kHomes * 7000, kHomes * 300);
    other.measure(0, 70'000);
    EXPECT_EQ(other.run(kStart + 300).over, 1U);
}

TEST_F(CoordinatorTest, the_same_words_give_the_same_orders) {
    Coordinator other(usual_options(), coordinator_.feeders());
    for (uint32_t now = kStart; now < kStart + 3 * 3600; now += 900) {
        if (now % 3600 == 0) {
            tell(now, 1 + (now - kStart) / 3600);
            for (size_t feeder = 0; feeder < 2; ++feeder)
                for (size_t i = 0; i < kHomes; ++i)
                    other.hear(feeder, i, home(now, 1 + (now - kStart) / 3600));
        }
        const Cycle one = coordinator_.run(now);
        const Cycle two = other.run(now);
        for (size_t feeder = 0; feeder < 2; ++feeder)
            EXPECT_EQ(one.orders[feeder].levels, two.orders[feeder].levels);
    }
}

}  // namespace
}  // namespace ganglion::fleet::coordinate
