#include "fleet/coordinate/plausibility.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace ganglion::fleet::coordinate {
namespace {

constexpr size_t kHomes = 40;
constexpr uint32_t kStart = 1'800'000'000 / 3600 * 3600;

/// A feeder with homes of uneven use; what they report can be bent.
class WatchedFeeder {
  public:
    using Bend = std::function<double(size_t home, uint32_t slot, double power)>;

    void slot(const Bend& bend, double leak = 0, std::optional<size_t> silent = {}) {
        std::vector<device::Summary> said(kHomes);
        FeederSlot slot;
        slot.now_s = kStart + 3600 * number_;
        slot.measured.assign(4, leak);
        for (size_t home = 0; home < kHomes; ++home) {
            device::Summary& summary = said[home];
            summary.boot = 1;
            summary.sequence = number_ + 1;
            summary.clock_s = slot.now_s;
            summary.parts = 4;
            for (size_t part = 0; part < 4; ++part) {
                const double power = (200.0 + 20 * double(home)) * std::exp(normal_(random_) * 0.6);
                slot.measured[part] += power + normal_(random_) * 3;
                summary.measured[part] = static_cast<int32_t>(bend(home, number_, power));
            }
            summary.forecast[0] = 600;
            summary.forecast_count = 1;
            summary.error = 200;
        }
        for (size_t home = 0; home < kHomes; ++home)
            slot.summaries.push_back(home == silent ? nullptr : &said[home]);
        ++number_;
        watch.take(slot);
    }

    FeederWatch watch{kHomes, {}};

  private:
    uint32_t number_ = 0;
    std::mt19937 random_{1};
    std::normal_distribution<double> normal_;
};

double honest(size_t /*home*/, uint32_t /*slot*/, double power) {
    return power;
}

size_t suspected(const FeederWatch& watch) {
    size_t count = 0;
    for (size_t home = 0; home < kHomes; ++home) count += watch.believed(home) ? 0 : 1;
    return count;
}

TEST(FeederWatch, believes_honest_homes) {
    WatchedFeeder feeder;
    for (int slot = 0; slot < 200; ++slot) {
        feeder.slot(honest);
        EXPECT_EQ(suspected(feeder.watch), 0U) << slot;
        EXPECT_EQ(feeder.watch.feeder(), Suspicion::none);
    }
}

TEST(FeederWatch, names_a_meter_that_is_turned_round_within_three_slots) {
    WatchedFeeder feeder;
    feeder.slot(honest);
    for (int slot = 0; slot < 3; ++slot)
        feeder.slot([](size_t home, uint32_t, double power) { return home == 7 ? -power : power; });
    EXPECT_EQ(feeder.watch.of(7), Suspicion::reversed);
    EXPECT_EQ(suspected(feeder.watch), 1U);
    EXPECT_LT(std::abs(feeder.watch.gap()), 100) << "its word is corrected";
}

TEST(FeederWatch, names_a_liar_and_believes_it_again_when_it_says_the_truth) {
    WatchedFeeder feeder;
    for (int slot = 0; slot < 3; ++slot)
        feeder.slot(
            [](size_t home, uint32_t, double power) { return home == 30 ? 0.4 * power : power; });
    EXPECT_EQ(feeder.watch.of(30), Suspicion::lying);
    EXPECT_EQ(suspected(feeder.watch), 1U);
    for (int slot = 0; slot < 10; ++slot) feeder.slot(honest);
    EXPECT_EQ(suspected(feeder.watch), 0U);
}

TEST(FeederWatch, names_the_second_of_two_liars_too) {
    WatchedFeeder feeder;
    const auto both = [](size_t home, uint32_t slot, double power) {
        if (home == 30) return 0.4 * power;
        return home == 12 && slot >= 4 ? -power : power;
    };
    for (int slot = 0; slot < 8; ++slot) feeder.slot(both);
    EXPECT_EQ(feeder.watch.of(30), Suspicion::lying);
    EXPECT_EQ(feeder.watch.of(12), Suspicion::reversed);
}

TEST(FeederWatch, a_stuck_meter_is_seen_by_its_equal_readings) {
    WatchedFeeder feeder;
    for (int slot = 0; slot < 3; ++slot)
        feeder.slot([](size_t home, uint32_t, double power) { return home == 3 ? 250 : power; });
    EXPECT_EQ(feeder.watch.of(3), Suspicion::stuck);
}

TEST(FeederWatch, a_leak_is_the_feeders_not_a_homes) {
    WatchedFeeder feeder;
    for (int slot = 0; slot < 3; ++slot) feeder.slot(honest, 4000);
    EXPECT_EQ(feeder.watch.feeder(), Suspicion::feeder);
    EXPECT_EQ(suspected(feeder.watch), 0U);
    feeder.slot(honest);
    EXPECT_EQ(feeder.watch.feeder(), Suspicion::none);
}

TEST(FeederWatch, silence_is_seen_at_once_and_accuses_nobody) {
    WatchedFeeder feeder;
    feeder.slot(honest);
    for (int slot = 0; slot < 6; ++slot) feeder.slot(honest, 0, 5);
    EXPECT_EQ(feeder.watch.of(5), Suspicion::silent);
    EXPECT_EQ(suspected(feeder.watch), 1U);
}

TEST(FeederWatch, old_and_impossible_words_are_left_out_at_once) {
    FeederWatch watch(1, {});
    device::Summary summary;
    summary.sequence = 5;
    summary.clock_s = kStart;
    summary.measured[0] = 500;
    watch.take({kStart, {500}, {&summary}});
    EXPECT_TRUE(watch.believed(0));
    watch.take({kStart, {500}, {&summary}});
    EXPECT_EQ(watch.of(0), Suspicion::stale) << "the same sequence again";
    summary.sequence = 6;
    watch.take({kStart + 7200, {500}, {&summary}});
    EXPECT_EQ(watch.of(0), Suspicion::stale) << "a clock two hours old";
    summary.sequence = 7;
    summary.clock_s = kStart + 7200;
    summary.measured[0] = 26'000;
    watch.take({kStart + 7200, {500}, {&summary}});
    EXPECT_EQ(watch.of(0), Suspicion::impossible);
    summary.sequence = 8;
    summary.measured[0] = 499;
    summary.anomaly = 2;
    watch.take({kStart + 7200, {499}, {&summary}});
    EXPECT_EQ(watch.of(0), Suspicion::anomalous);
}

}  // namespace
}  // namespace ganglion::fleet::coordinate
