#include "device/learn/seasonal_forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

constexpr SeasonalParameters kWeek{.slots = 168,
                                   .day = 24,
                                   .profile_shift = 5,
                                   .rate_q10 = 8,
                                   .least_deviation = 1,
                                   .clip_q4 = 160,
                                   .patience = 48,
                                   .reserved = 0,
                                   .weights_q14 = {12000, 0, 0, 2000, 0},
                                   .correction_q14 = 14500};

struct Device {
    explicit Device(const SeasonalParameters& parameters = kWeek)
        : memory(SeasonalForecast::state_bytes(parameters) / 8) {
        forecast.start(parameters, bytes());
    }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    std::vector<uint64_t> memory;
    SeasonalForecast forecast;
};

// Load of a town: a day's shape, quieter weekends, weather that wanders over days.
std::vector<int16_t> town(uint32_t hours, uint32_t seed) {
    std::minstd_rand random(seed);
    std::vector<int16_t> values;
    double weather = 0;
    for (uint32_t i = 0; i < hours; ++i) {
        // Sums of uniform draws: no library's distribution has to agree with another's.
        double noise = -6;
        for (int k = 0; k < 12; ++k) noise += static_cast<double>(random() % 65536) / 65536;
        weather = 0.98 * weather + 30 * noise;
        const double day = std::sin(2 * 3.14159265358979 * (i % 24) / 24.0);
        const double week = i % 168 >= 120 ? 0.8 : 1.0;
        values.push_back(static_cast<int16_t>(std::lround(week * (5000 + 1000 * day) + weather)));
    }
    return values;
}

TEST(SeasonalForecast, FarBelowLastWeekAndBelowYesterday) {
    Device device;
    const std::vector<int16_t> values = town(30 * 168, 1);
    double ours = 0;
    double yesterday = 0;
    double last_week = 0;
    double next_slot = 0;
    double previous = 0;
    for (uint32_t i = 0; i < values.size(); ++i) {
        const auto outcome = device.forecast.push(i % 168, values[i]);
        if (i < 8 * 168) continue;
        ASSERT_TRUE(outcome.judged);
        ours += std::abs(values[i] - outcome.day_ahead);
        next_slot += std::abs(values[i] - outcome.expected);
        previous += std::abs(values[i] - values[i - 1]);
        yesterday += std::abs(values[i] - values[i - 24]);
        last_week += std::abs(values[i] - values[i - 168]);
    }
    EXPECT_LT(ours, 0.80 * last_week);
    EXPECT_LT(ours, 0.60 * yesterday);
    EXPECT_LT(next_slot, 0.30 * previous);
}

TEST(SeasonalForecast, TheWholeDayAheadAndItsErrors) {
    Device device;
    const std::vector<int16_t> values = town(40 * 168, 2);
    std::vector<double> error(25);
    std::vector<double> promised(25);
    for (uint32_t i = 0; i + 24 < values.size(); ++i) {
        device.forecast.push(i % 168, values[i]);
        if (i < 20 * 168 || i % 7 != 0) continue;
        for (uint32_t ahead = 1; ahead <= 24; ++ahead) {
            error[ahead] += std::abs(values[i + ahead] - device.forecast.forecast(ahead));
            promised[ahead] += device.forecast.expected_error(ahead);
        }
    }
    EXPECT_LT(error[1], 0.5 * error[24]);
    for (uint32_t ahead = 1; ahead <= 24; ++ahead) {
        EXPECT_GT(promised[ahead], 0.6 * error[ahead]) << ahead;
        EXPECT_LT(promised[ahead], 1.6 * error[ahead]) << ahead;
    }
}

TEST(SeasonalForecast, SlotsJumpedOverAreMissingSlots) {
    Device jumped;
    Device told;
    const std::vector<int16_t> values = town(12 * 168, 3);
    for (uint32_t i = 0; i < values.size(); ++i) {
        const bool gap = i % 97 < 5 && i > 50;
        if (!gap) jumped.forecast.push(i % 168, values[i]);
        told.forecast.push(i % 168, gap ? kMissing : values[i]);
    }
    EXPECT_EQ(jumped.memory, told.memory);
    // The same slot again (a clock set back by an hour) changes nothing.
    const std::vector<uint64_t> before = told.memory;
    EXPECT_FALSE(told.forecast.push((values.size() - 1) % 168, 1).judged);
    EXPECT_EQ(told.memory, before);
}

TEST(SeasonalForecast, AnOutlierIsRefusedAndTeachesNothing) {
    Device with;
    Device without;
    const std::vector<int16_t> values = town(20 * 168, 4);
    for (uint32_t i = 0; i + 1 < values.size(); ++i) {
        with.forecast.push(i % 168, values[i]);
        without.forecast.push(i % 168, values[i]);
    }
    const uint32_t last = static_cast<uint32_t>(values.size()) - 1;
    const auto outcome = with.forecast.push(last % 168, 30000);
    EXPECT_TRUE(outcome.refused);
    EXPECT_GT(outcome.error_q4, kWeek.clip_q4);
    EXPECT_FALSE(without.forecast.push(last % 168, kMissing).judged);
    for (uint32_t ahead = 1; ahead <= 24; ++ahead) {
        EXPECT_EQ(with.forecast.forecast(ahead), without.forecast.forecast(ahead)) << ahead;
    }
}

TEST(SeasonalForecast, ALevelThatLastsIsBelievedAfterPatience) {
    Device device;
    std::vector<int16_t> values = town(24 * 168, 5);
    const uint32_t step = 16 * 168;
    uint32_t refused = 0;
    double late = 0;
    for (uint32_t i = 0; i < values.size(); ++i) {
        const auto value = static_cast<int16_t>(values[i] + (i >= step ? 4000 : 0));
        const auto outcome = device.forecast.push(i % 168, value);
        if (i < step) continue;
        refused += outcome.refused ? 1 : 0;
        if (i >= step + 4 * 168) late += std::abs(value - outcome.day_ahead) / (4.0 * 168);
    }
    EXPECT_GE(refused, kWeek.patience);
    EXPECT_LE(refused, 2U * kWeek.patience);
    EXPECT_LT(late, 400);
}

TEST(SeasonalForecast, GoesOnFromStoredBytesAsIfNothingHadHappened) {
    Device device;
    const std::vector<int16_t> values = town(6 * 168, 6);
    std::vector<uint64_t> stored;
    const uint32_t cut = 4 * 168 + 13;
    for (uint32_t i = 0; i < values.size(); ++i) {
        if (i == cut) stored = device.memory;
        device.forecast.push(i % 168, values[i]);
    }
    Device restarted;
    restarted.memory = stored;
    ASSERT_EQ(restarted.forecast.resume(kWeek, restarted.bytes()), Status::ok);
    for (uint32_t i = cut; i < values.size(); ++i) restarted.forecast.push(i % 168, values[i]);
    EXPECT_EQ(restarted.memory, device.memory);
}

TEST(SeasonalForecast, BytesThatAreNoStateLeaveTheFactoryState) {
    const Device factory;
    std::minstd_rand random(7);
    for (int round = 0; round < 200; ++round) {
        Device device;
        for (uint64_t& word : device.memory) word = random() * 0x9E3779B97F4A7C15ULL;
        EXPECT_EQ(device.forecast.resume(kWeek, device.bytes()), Status::bad_value);
        EXPECT_EQ(device.memory, factory.memory);
    }
}

// The widest values, in the worst order, stay within the integers (checked under the sanitizers).
TEST(SeasonalForecast, TakesTheExtremes) {
    SeasonalParameters parameters = kWeek;
    parameters.rate_q10 = 1023;
    parameters.patience = 1;
    Device device(parameters);
    std::minstd_rand random(8);
    for (uint32_t i = 0; i < 50 * 168; ++i) {
        const uint32_t draw = random() >> 8;
        const int16_t value = draw % 5 == 0   ? kMissing
                              : draw % 2 == 0 ? int16_t{INT16_MAX}
                                              : int16_t{-INT16_MAX};
        device.forecast.push(random() % (i % 3 == 0 ? 1000 : 168), value);
        EXPECT_NE(device.forecast.forecast(1 + i % 24), kMissing);
    }
    ASSERT_EQ(device.forecast.resume(parameters, device.bytes()), Status::ok);
}

// Equal bits everywhere: the same series leaves the same state on every target.
TEST(SeasonalForecast, GoldenState) {
    Device device;
    uint32_t draw = 1;
    for (uint32_t i = 0; i < 10 * 168; ++i) {
        draw = draw * 1664525U + 1013904223U;
        const int32_t shape = static_cast<int32_t>(i % 24 * 100 + i % 168);
        const auto value = static_cast<int16_t>(shape + static_cast<int32_t>(draw >> 24));
        device.forecast.push(i % 168, draw >> 28 == 0 ? kMissing : value);
    }
    EXPECT_EQ(crc32(device.bytes(), 0), 2847549637U);
}

TEST(SeasonalParameters, AreChecked) {
    EXPECT_EQ(kWeek.check(), Status::ok);
    const auto refused = [](auto change) {
        SeasonalParameters parameters = kWeek;
        change(parameters);
        return parameters.check() == Status::bad_value;
    };
    EXPECT_TRUE(refused([](auto& p) { p.day = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.day = 25; }));
    EXPECT_TRUE(refused([](auto& p) { p.slots = 48; }));
    EXPECT_TRUE(refused([](auto& p) { p.slots = 170; }));
    EXPECT_TRUE(refused([](auto& p) { p.profile_shift = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.rate_q10 = 1024; }));
    EXPECT_TRUE(refused([](auto& p) { p.least_deviation = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.clip_q4 = 15; }));
    EXPECT_TRUE(refused([](auto& p) { p.patience = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.reserved = 1; }));
    EXPECT_TRUE(refused([](auto& p) { p.weights_q14[2] = -32768; }));
    EXPECT_TRUE(refused([](auto& p) { p.correction_q14 = 16385; }));
}

}  // namespace
}  // namespace ganglion
