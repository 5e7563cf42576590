#include "device/learn/plot_guard.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>
#include <vector>

namespace ganglion {
namespace {

// Moisture in 0.002 %.
constexpr PlotParameters kPlot{.day = 24,
                               .equal_error = 250,
                               .least_value = 250,
                               .most_value = 30000,
                               .least_step = 200,
                               .stuck_slots = 12,
                               .dryness_permille = 300,
                               .learn_days = 7,
                               .disease = {1000, 9000, 6, 20}};

struct Plot {
    Plot() : memory(PlotGuard::state_bytes(kPlot) / 8) { guard.start(kPlot, bytes()); }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    // The soil goes on for an hour: dries towards 4000, trembles a little.
    int16_t moisture() {
        level -= (level - 4000) / 150;
        return static_cast<int16_t>(level + static_cast<double>(random() % 9));
    }
    PlotGuard::Judgement push(int16_t value) {
        PlotGuard::Judgement judgement;
        guard.push(hour++ % 168, value, kMissing, kMissing, judgement);
        return judgement;
    }
    // Rain every ten days.
    void live(uint32_t hours) {
        for (uint32_t i = 0; i < hours; ++i) {
            if (hour % 240 == 100) level += 5000;
            push(moisture());
        }
    }

    std::minstd_rand random{1};
    std::vector<uint64_t> memory;
    PlotGuard guard;
    uint32_t hour = 0;
    double level = 9000;
};

TEST(PlotGuard, DrySoilIsToldADayAhead) {
    Plot plot;
    plot.live(960 + 130);  // a day after a rain
    uint32_t told = 0;
    uint32_t dry = 0;
    for (uint32_t i = 1; dry == 0 && i < 2000; ++i) {
        const int16_t value = plot.moisture();
        const auto judgement = plot.push(value);
        EXPECT_LT(judgement.failed, 500);
        EXPECT_LT(judgement.wetting, 500);
        if (told == 0 && judgement.dry_ahead >= 500) told = i;
        if (value < plot.guard.dry_line()) dry = i;
    }
    ASSERT_NE(told, 0U);
    EXPECT_GE(dry - told, 12U);
    EXPECT_LE(dry - told, 40U);
}

TEST(PlotGuard, WaterComingInIsNoFailure) {
    Plot plot;
    plot.live(1000);
    plot.level += 1000;  // 2 %
    const auto judgement = plot.push(plot.moisture());
    EXPECT_GE(judgement.wetting, 500);
    EXPECT_EQ(judgement.failed, 0);
}

TEST(PlotGuard, FailedSensorsAreFoundAndNotLearned) {
    const auto hours_to_find = [](const std::function<int16_t(Plot&, int)>& fault) {
        Plot plot;
        plot.live(1100);
        const int32_t line = plot.guard.dry_line();
        int found = 0;
        for (int i = 1; i <= 40; ++i) {
            const auto judgement = plot.push(fault(plot, i));
            if (judgement.failed >= 500 && found == 0) found = i;
        }
        EXPECT_NEAR(plot.guard.dry_line(), line, 60);
        return found;
    };
    const auto within = [](int found, int most) { return found >= 1 && found <= most; };
    EXPECT_TRUE(within(hours_to_find([](Plot&, int) { return int16_t{0}; }), 1));
    EXPECT_TRUE(within(hours_to_find([](Plot&, int) { return int16_t{31000}; }), 1));
    EXPECT_TRUE(within(hours_to_find([](Plot& p, int) { return int16_t(p.moisture() / 4); }), 1));
    EXPECT_TRUE(within(hours_to_find([](Plot&, int) { return int16_t{6000}; }), 14));
    EXPECT_TRUE(within(hours_to_find([](Plot& p, int i) {
                           return int16_t(p.moisture() + (i % 2 == 0 ? 900 : 0));
                       }),
                       12));
    EXPECT_EQ(hours_to_find([](Plot& p, int) { return p.moisture(); }), 0);
}

TEST(PlotGuard, ALowerLevelThatLastsIsBelieved) {
    Plot plot;
    plot.live(1100);
    uint32_t failed = 0;
    for (int i = 0; i < 100; ++i) failed += plot.push(int16_t(plot.moisture() / 3)).failed >= 500;
    EXPECT_GE(failed, 48U);
    EXPECT_LE(failed, 52U);
}

TEST(PlotGuard, SaysWhenWeatherFavoursDisease) {
    Plot plot;
    PlotGuard::Judgement judgement;
    for (uint32_t hour = 0; hour < 48; ++hour) {
        plot.guard.push(hour, kMissing, 1500, 9500, judgement);
        EXPECT_EQ(judgement.disease, hour < 24 ? 0 : hour < 43 ? 400 : 1000) << hour;
    }
}

TEST(PlotGuard, GoesOnFromStoredBytes) {
    Plot plot;
    plot.live(500);
    Plot restarted;
    restarted.memory = plot.memory;
    restarted.random = plot.random;
    restarted.hour = plot.hour;
    restarted.level = plot.level;
    ASSERT_EQ(restarted.guard.resume(kPlot, restarted.bytes()), Status::ok);
    plot.live(100);
    restarted.live(100);
    EXPECT_EQ(restarted.memory, plot.memory);

    const Plot factory;
    for (size_t i = 0; i < plot.memory.size(); ++i) plot.memory[i] = ~(i * 77777777777ULL);
    EXPECT_EQ(plot.guard.resume(kPlot, plot.bytes()), Status::bad_value);
    EXPECT_EQ(plot.memory, factory.memory);
}

TEST(PlotGuard, TakesAnything) {
    Plot plot;
    for (uint32_t i = 0; i < 30000; ++i) {
        PlotGuard::Judgement judgement;
        const auto draw = [&] { return static_cast<int16_t>(plot.random() >> 9); };
        plot.guard.push(i % 5 == 0 ? plot.random() : i, draw(), draw(), draw(), judgement);
        EXPECT_LE(judgement.dry_ahead, 1000);
        EXPECT_LE(judgement.wetting, 1000);
    }
    EXPECT_EQ(plot.guard.resume(kPlot, plot.bytes()), Status::ok);
}

TEST(PlotGuard, FitsInTwoKilobytes) {
    EXPECT_LE(PlotGuard::state_bytes(kPlot), 1024U);
    EXPECT_EQ(kPlot.check(), Status::ok);
    PlotParameters parameters = kPlot;
    parameters.day = 0;
    EXPECT_EQ(parameters.check(), Status::bad_value);
    parameters = kPlot;
    parameters.least_value = parameters.most_value;
    EXPECT_EQ(parameters.check(), Status::bad_value);
    parameters = kPlot;
    parameters.dryness_permille = 1000;
    EXPECT_EQ(parameters.check(), Status::bad_value);
}

TEST(PlotGuard, BeginsWithWhatOthersShareAndThenNeedsAQuarter) {
    Plot other;
    std::array<int16_t, 8> shared{};
    EXPECT_EQ(other.guard.share(shared), 0U) << "it has learned nothing yet";
    other.live(1000);
    ASSERT_EQ(other.guard.share(shared), 3U);

    Plot fresh;
    const std::array<int16_t, 3> wrong = {1, -1, 1};
    EXPECT_FALSE(fresh.guard.prime(wrong));
    ASSERT_TRUE(fresh.guard.prime(std::span(shared).first(3)));
    PlotGuard::Judgement judgement;
    uint32_t slots = 0;
    while (!fresh.guard.push(fresh.hour++ % 168, fresh.moisture(), kMissing, kMissing, judgement))
        ++slots;
    EXPECT_EQ(slots, 7U * 24 / 4 - 1);
    for (uint32_t i = 0; i < 200; ++i) EXPECT_EQ(fresh.push(fresh.moisture()).failed, 0);
    EXPECT_EQ(fresh.push(0).failed, 1000);
    EXPECT_FALSE(fresh.guard.prime(std::span(shared).first(3))) << "it has begun";
}

}  // namespace
}  // namespace ganglion
