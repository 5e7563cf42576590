#include "device/features/heart_rate_variability.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace ganglion {
namespace {

std::vector<uint16_t> from_ms(const std::vector<double>& ms) {
    std::vector<uint16_t> intervals;
    for (const double interval : ms)
        intervals.push_back(static_cast<uint16_t>(std::lround(interval * 16)));
    return intervals;
}

TEST(HeartRateVariability, TimeDomainByHand) {
    // Differences 60, -30, 10 and, across the gap, none.
    const auto intervals = from_ms({800, 860, 830, 840, 0, 900});
    const HrvTime hrv = hrv_time(intervals);
    EXPECT_EQ(hrv.count, 5U);
    EXPECT_EQ(hrv.mean_q4, 846U * 16);
    EXPECT_NEAR(hrv.rate_q8 / 256.0, 60000.0 / 846, 0.01);
    const double sdnn = std::sqrt((46 * 46 + 14 * 14 + 16 * 16 + 6 * 6 + 54 * 54) / 5.0);
    EXPECT_NEAR(hrv.sdnn_q4 / 16.0, sdnn, 0.07);
    EXPECT_NEAR(hrv.rmssd_q4 / 16.0, std::sqrt((3600 + 900 + 100) / 3.0), 0.07);
    EXPECT_NEAR(hrv.sdsd_q4 / 16.0, std::sqrt((3600 + 900 + 100) / 3.0 - 100.0 / 3 * 100.0 / 3),
                0.07);
    EXPECT_EQ(hrv.pnn20_q10, 1024U * 2 / 3);
    EXPECT_EQ(hrv.pnn50_q10, 1024U / 3);
}

TEST(HeartRateVariability, TooFewIntervalsGiveZeros) {
    EXPECT_EQ(hrv_time({}).mean_q4, 0U);
    const auto one = from_ms({800});
    EXPECT_EQ(hrv_time(one).mean_q4, 12800U);
    EXPECT_EQ(hrv_time(one).rmssd_q4, 0U);
    EXPECT_EQ(hrv_frequency(one).high_ms2, 0U);
}

// Intervals around 800 ms that swing with these frequencies.
std::vector<uint16_t> swinging(double low_ms, double high_ms, double noise_ms) {
    std::minstd_rand random(8);
    std::normal_distribution<double> noise(0.0, noise_ms);
    std::vector<double> ms;
    double t = 0;
    while (t < 300) {
        const double interval = 800 + low_ms * std::sin(2 * std::numbers::pi * 0.095 * t) +
                                high_ms * std::sin(2 * std::numbers::pi * 0.27 * t) + noise(random);
        t += interval / 1000;
        ms.push_back(interval);
    }
    return from_ms(ms);
}

TEST(HeartRateVariability, ASineHasHalfItsSquareAsPower) {
    const HrvFrequency hrv = hrv_frequency(swinging(20, 10, 0));
    EXPECT_NEAR(hrv.low_ms2, 200, 15);
    EXPECT_NEAR(hrv.high_ms2, 50, 5);
    EXPECT_NEAR(hrv.ratio_q8 / 256.0, 4, 0.5);
}

// Scargle's periodogram in double precision, as he writes it, with the shift of time.
double lomb(const std::vector<uint16_t>& intervals, double hz) {
    double mean = 0;
    for (const uint16_t q4 : intervals) mean += q4 / 16.0 / static_cast<double>(intervals.size());
    const double w = 2 * std::numbers::pi * hz;
    double t = 0;
    double sin2 = 0;
    double cos2 = 0;
    for (const uint16_t q4 : intervals) {
        t += q4 / 16000.0;
        sin2 += std::sin(2 * w * t);
        cos2 += std::cos(2 * w * t);
    }
    const double tau = std::atan2(sin2, cos2) / (2 * w);
    t = 0;
    double yc = 0;
    double ys = 0;
    double cc = 0;
    double ss = 0;
    for (const uint16_t q4 : intervals) {
        t += q4 / 16000.0;
        const double c = std::cos(w * (t - tau));
        const double s = std::sin(w * (t - tau));
        yc += (q4 / 16.0 - mean) * c;
        ys += (q4 / 16.0 - mean) * s;
        cc += c * c;
        ss += s * s;
    }
    const double power = (yc * yc / cc + ys * ys / ss) / 2;
    return 2 * power * mean / 1000 / 512;
}

TEST(HeartRateVariability, FollowsThePublishedPeriodogram) {
    const auto intervals = swinging(25, 30, 12);
    double low = 0;
    double high = 0;
    for (int i = 21; i <= 76; ++i) low += lomb(intervals, i / 512.0);
    for (int i = 77; i <= 204; ++i) high += lomb(intervals, i / 512.0);
    const HrvFrequency hrv = hrv_frequency(intervals);
    EXPECT_NEAR(hrv.low_ms2, low, 0.01 * low + 1);
    EXPECT_NEAR(hrv.high_ms2, high, 0.01 * high + 1);
}

// Long enough that no phase or sum wraps: 20 minutes of the slowest and the fastest heart.
TEST(HeartRateVariability, LongAndExtremeSeriesStayInRange) {
    std::vector<uint16_t> intervals;
    for (int i = 0; i < 600; ++i) intervals.push_back(i % 2 == 0 ? 65535 : 3200);
    const HrvTime time = hrv_time(intervals);
    EXPECT_NEAR(time.rmssd_q4, 62335, 1);
    const HrvFrequency frequency = hrv_frequency(intervals);
    EXPECT_GT(uint64_t{frequency.low_ms2} + frequency.high_ms2, 0U);
}

}  // namespace
}  // namespace ganglion
