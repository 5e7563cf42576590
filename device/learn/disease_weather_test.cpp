#include "device/learn/disease_weather.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

// Degrees and percent in hundredths.
constexpr DiseaseRule kHutton{
    .least_temperature = 1000, .least_humidity = 9000, .humid_slots = 6, .least_slots = 20};
constexpr DiseaseRule kSmith{
    .least_temperature = 1000, .least_humidity = 9000, .humid_slots = 11, .least_slots = 20};

struct Day {
    double lowest;    // degC, at 04:00
    int humid_hours;  // from midnight on
    int missing = 0;  // hours at its end
};

// Whether the rule is fulfilled in the last hour of each day.
std::vector<bool> risks(const DiseaseRule& rule, const std::vector<Day>& days) {
    DiseaseWeather::State state{};
    std::vector<bool> found;
    for (const Day& day : days) {
        for (int hour = 0; hour < 24; ++hour) {
            const double temperature = hour == 4 ? day.lowest : day.lowest + 5;
            const bool gone = hour >= 24 - day.missing;
            DiseaseWeather::push(rule, state, static_cast<uint16_t>(hour),
                                 gone ? kMissing : static_cast<int16_t>(temperature * 100),
                                 hour < day.humid_hours ? int16_t{9000} : int16_t{8999});
        }
        found.push_back(DiseaseWeather::favourable(rule, state));
    }
    return found;
}

using Found = std::vector<bool>;

TEST(DiseaseWeather, HuttonCriteria) {
    EXPECT_EQ(risks(kHutton, {{10, 6}, {10, 6}}), (Found{false, true}));
    EXPECT_EQ(risks(kHutton, {{10, 5}, {10, 24}}), (Found{false, false}));
    EXPECT_EQ(risks(kHutton, {{10, 24}, {10, 5}}), (Found{false, false}));
    EXPECT_EQ(risks(kHutton, {{9.99, 6}, {10, 6}}), (Found{false, false}));
    EXPECT_EQ(risks(kHutton, {{10, 6}, {9.99, 6}}), (Found{false, false}));
    EXPECT_EQ(risks(kHutton, {{10, 6}, {15, 0}, {10, 6}}), (Found{false, false, false}));
    EXPECT_EQ(risks(kHutton, {{12, 8}, {12, 8}, {12, 8}}), (Found{false, true, true}));
}

TEST(DiseaseWeather, SmithPeriod) {
    EXPECT_EQ(risks(kSmith, {{10, 11}, {10, 11}}), (Found{false, true}));
    EXPECT_EQ(risks(kSmith, {{10, 10}, {10, 11}}), (Found{false, false}));
    EXPECT_EQ(risks(kSmith, {{10, 11}, {10, 10}}), (Found{false, false}));
    EXPECT_EQ(risks(kSmith, {{9, 24}, {10, 24}}), (Found{false, false}));
}

TEST(DiseaseWeather, DaysWithoutReadingsTellNothing) {
    EXPECT_EQ(risks(kHutton, {{10, 6}, {10, 6, 5}}), (Found{false, false}));
    EXPECT_EQ(risks(kHutton, {{10, 6}, {10, 6, 4}}), (Found{false, true}));
    EXPECT_EQ(risks(kHutton, {{10, 6}, {10, 6, 24}, {10, 6}}), (Found{false, false, false}));
}

// Known as soon as it is so, not only at midnight; the next day has to show it anew.
TEST(DiseaseWeather, IsKnownWithinTheDay) {
    DiseaseWeather::State state{};
    int first = -1;
    for (int hour = 0; hour < 48; ++hour) {
        DiseaseWeather::push(kHutton, state, static_cast<uint16_t>(hour % 24), 1200, 9500);
        if (first < 0 && DiseaseWeather::favourable(kHutton, state)) first = hour;
    }
    EXPECT_EQ(first, 24 + 19);  // the twentieth reading of the second day
    DiseaseWeather::push(kHutton, state, 0, 1200, 5000);
    EXPECT_FALSE(DiseaseWeather::favourable(kHutton, state));
    EXPECT_TRUE(DiseaseWeather::half(state));
}

}  // namespace
}  // namespace ganglion
