#include "device/learn/recession_forecast.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

constexpr RecessionForecast::Parameters kHours{.day = 24, .equal_error = 250};

struct Device {
    explicit Device(RecessionForecast::Parameters parameters = kHours)
        : memory(RecessionForecast::state_bytes(parameters) / 8) {
        forecast.start(parameters, bytes());
    }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    std::vector<uint64_t> memory;
    RecessionForecast forecast;
};

// Soil that dries towards a floor and is wetted now and then.
std::vector<int16_t> soil(uint32_t hours, uint32_t seed, uint32_t hours_between_rains) {
    std::minstd_rand random(seed);
    std::vector<int16_t> values;
    double level = 9000;
    for (uint32_t i = 0; i < hours; ++i) {
        level -= (level - 5000) / 120;
        if (random() % hours_between_rains == 0)
            level += 1000 + static_cast<double>(random() % 2000);
        values.push_back(
            static_cast<int16_t>(std::lround(level) + static_cast<long>(random() % 5)));
    }
    return values;
}

double error_against_persistence(const std::vector<int16_t>& values) {
    Device device;
    double ours = 0;
    double persistence = 0;
    for (size_t i = 0; i + 24 < values.size(); ++i) {
        device.forecast.push(values[i]);
        if (i < 168) continue;
        ours += std::abs(values[i + 24] - device.forecast.forecast());
        persistence += std::abs(values[i + 24] - values[i]);
    }
    return ours / persistence;
}

TEST(RecessionForecast, FollowsASoilThatDries) {
    EXPECT_LT(error_against_persistence(soil(2000, 1, 100000)), 0.45);
    EXPECT_LT(error_against_persistence(soil(4000, 2, 200)), 0.85);
}

// Watered at the same hour every day, the soil is tomorrow what it is now: it learns that too.
TEST(RecessionForecast, DoesNotDryASoilThatIsWateredDaily) {
    std::vector<int16_t> values;
    std::minstd_rand random(3);
    for (uint32_t i = 0; i < 1500; ++i) {
        const uint32_t since = (i + 10) % 24;
        values.push_back(static_cast<int16_t>(8000 - 20 * since + random() % 40));
    }
    Device device;
    double ours = 0;
    for (size_t i = 0; i + 24 < values.size(); ++i) {
        device.forecast.push(values[i]);
        if (i >= 500) ours += std::abs(values[i + 24] - device.forecast.forecast()) / 976.0;
    }
    EXPECT_LT(ours, 40);  // a day of drying would be 480
}

TEST(RecessionForecast, DailyValuesWork) {
    Device device({.day = 1, .equal_error = 100});
    double ours = 0;
    double persistence = 0;
    double level = 9000;
    for (int i = 0; i < 60; ++i) {
        const double next = level - (level - 5000) / 10;
        device.forecast.push(static_cast<int16_t>(std::lround(level)));
        if (i > 8) {
            ours += std::abs(next - device.forecast.forecast());
            persistence += std::abs(next - level);
        }
        level = next;
    }
    EXPECT_LT(ours, 0.6 * persistence);
}

TEST(RecessionForecast, GapsAndRestarts) {
    const std::vector<int16_t> values = soil(600, 4, 100);
    Device device;
    EXPECT_EQ(device.forecast.forecast(), kMissing);
    device.forecast.push(kMissing);
    EXPECT_EQ(device.forecast.forecast(), kMissing);
    Device restarted;
    for (size_t i = 0; i < values.size(); ++i) {
        if (i == 300) {
            restarted.memory = device.memory;
            ASSERT_EQ(restarted.forecast.resume(kHours, restarted.bytes()), Status::ok);
        }
        const int16_t value = i % 31 < 4 ? kMissing : values[i];
        device.forecast.push(value);
        if (i >= 300) restarted.forecast.push(value);
        if (value != kMissing) {
            EXPECT_EQ(device.forecast.value(0), value);
        }
    }
    EXPECT_EQ(restarted.memory, device.memory);

    const Device factory;
    for (uint64_t& word : device.memory) word = 0x8000800080008000ULL;
    EXPECT_EQ(device.forecast.resume(kHours, device.bytes()), Status::bad_value);
    EXPECT_EQ(device.memory, factory.memory);
}

TEST(RecessionForecast, TakesTheExtremes) {
    Device device;
    std::minstd_rand random(5);
    for (int i = 0; i < 20000; ++i) {
        device.forecast.push(random() % 2 == 0 ? int16_t{INT16_MAX} : int16_t{-INT16_MAX});
        EXPECT_NE(device.forecast.forecast(), kMissing);
    }
    EXPECT_EQ(device.forecast.resume(kHours, device.bytes()), Status::ok);
}

TEST(RecessionForecast, GoldenState) {
    Device device;
    uint32_t draw = 1;
    for (uint32_t i = 0; i < 700; ++i) {
        draw = draw * 1664525U + 1013904223U;
        const auto value = static_cast<int16_t>(9000 - i % 90 * 40 + (draw >> 28));
        device.forecast.push(draw >> 27 == 0 ? kMissing : value);
    }
    EXPECT_EQ(crc32(device.bytes(), 0), 1082687038U);
}

}  // namespace
}  // namespace ganglion
