#include "device/features/interval_words.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <random>

#include "device/core/crc32.hpp"

namespace ganglion {
namespace {

// The paper's definition in double precision, over the intervals oldest first.
double by_definition(const std::deque<uint32_t>& intervals) {
    std::map<std::array<uint32_t, 3>, double> words;
    const auto symbol = [&](size_t i) {
        const uint32_t rate = 60000 / intervals[i];
        return rate >= 315 ? 63 : rate / 5;
    };
    for (size_t i = 2; i < intervals.size(); ++i)
        ++words[{symbol(i - 2), symbol(i - 1), symbol(i)}];
    const auto n = static_cast<double>(intervals.size() - 2);
    double entropy = 0;
    for (const auto& [word, count] : words) entropy -= count / n * std::log2(count / n);
    return static_cast<double>(words.size()) / (n * std::log2(n)) * entropy;
}

TEST(IntervalWords, FollowTheDefinition) {
    std::minstd_rand random(5);
    IntervalWords words;
    std::deque<uint32_t> last;
    for (int i = 0; i < 1000; ++i) {
        const uint32_t spread = i < 400 ? 90 : 900;
        const uint32_t ms = 150 + i / 2 + random() % spread;
        words.add(ms);
        last.push_back(ms);
        if (last.size() > IntervalWords::kWords + 2) last.pop_front();
        if (last.size() < IntervalWords::kLeast + 2) {
            EXPECT_EQ(words.irregularity(), 0);
            continue;
        }
        EXPECT_NEAR(words.irregularity(), 1024 * by_definition(last), 5) << i;
    }
}

TEST(IntervalWords, WhatRepeatsIsRegular) {
    const std::array<uint32_t, 3> threefold = {800, 500, 1100};
    for (const uint32_t period : {1U, 2U, 3U}) {
        IntervalWords words;
        for (uint32_t i = 0; i < 300; ++i) words.add(threefold[i % period]);
        EXPECT_LT(words.irregularity(), 10) << period;
    }
}

TEST(IntervalWords, IndependentIntervalsAreNot) {
    std::minstd_rand random(7);
    IntervalWords words;
    for (int i = 0; i < 300; ++i) words.add(450 + random() % 600);
    EXPECT_GT(words.irregularity(), 950);
}

// Integers only: the same on every target.
TEST(IntervalWords, GoldenValues) {
    std::minstd_rand random(11);
    IntervalWords words;
    uint32_t crc = 0;
    for (uint32_t i = 0; i < 2000; ++i) {
        words.add(1 + random() % (100 + i));
        const int16_t value = words.irregularity();
        crc = crc32({reinterpret_cast<const uint8_t*>(&value), sizeof value}, crc);
    }
    EXPECT_EQ(crc, 3271206998U);
}

}  // namespace
}  // namespace ganglion
