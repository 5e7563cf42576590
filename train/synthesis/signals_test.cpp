#include "train/synthesis/signals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "train/corpus/loud_stretches.hpp"

namespace ganglion::train {
namespace {

/// The strongest frequency of the first second, by the discrete Fourier transform in steps of 10
/// Hz.
double strongest_hz(const std::vector<int16_t>& samples) {
    const size_t count = std::min<size_t>(samples.size(), 16000);
    double strongest = 0;
    double found = 0;
    for (int step = 2; step < 800; ++step) {
        const double hz = 10.0 * step;
        double re = 0;
        double im = 0;
        for (size_t i = 0; i < count; ++i) {
            const double turn = 2 * std::numbers::pi * hz * static_cast<double>(i) / 16000;
            re += samples[i] * std::cos(turn);
            im += samples[i] * std::sin(turn);
        }
        if (re * re + im * im > strongest) {
            strongest = re * re + im * im;
            found = hz;
        }
    }
    return found;
}

TEST(Signals, AlarmsAreHornsOrLowSquareWaves) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
        const double hz = strongest_hz(synthesize_signal("smoke_alarm", Random(seed)));
        EXPECT_TRUE((hz > 2700 && hz < 4800) || (hz > 470 && hz < 560)) << seed << ": " << hz;
    }
}

TEST(Signals, DoorbellsAreLoudShortAndDiffer) {
    std::vector<size_t> lengths;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        const auto bell = synthesize_signal("doorbell", Random(seed));
        const auto peak =
            std::max(*std::max_element(bell.begin(), bell.end()),
                     static_cast<int16_t>(-*std::min_element(bell.begin(), bell.end())));
        EXPECT_EQ(peak, 20000);
        EXPECT_GT(bell.size(), 8000U);
        EXPECT_LT(bell.size(), 16000U * 12);
        EXPECT_FALSE(loud_stretches(bell, 16000).empty());
        lengths.push_back(bell.size());
    }
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    EXPECT_GE(lengths.size(), 15U);
    EXPECT_EQ(synthesize_signal("doorbell", Random(4)), synthesize_signal("doorbell", Random(4)));
}

TEST(Signals, RefusesWhatItCannotMake) {
    EXPECT_THROW(synthesize_signal("door_knock", Random(1)), std::runtime_error);
}

}  // namespace
}  // namespace ganglion::train
