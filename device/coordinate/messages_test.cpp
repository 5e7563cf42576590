#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "device/coordinate/set_point.hpp"
#include "device/coordinate/summary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion::coordinate {
namespace {

using Bytes = std::vector<uint8_t>;

template <typename Message>
Bytes encoded(const Message& message, size_t room) {
    Bytes bytes(room);
    bytes.resize(encode(message, bytes));
    return bytes;
}

Summary full_summary() {
    Summary summary;
    summary.boot = 7;
    summary.sequence = 9000;
    summary.clock_s = 1'800'000'000;
    summary.measured = {-2345, 12, 2400, 800};
    summary.parts = 4;
    summary.steered = -1200;
    summary.forecast_count = Summary::kHorizon;
    for (uint32_t i = 0; i < Summary::kHorizon; ++i)
        summary.forecast[i] = 400 * static_cast<int32_t>(i) - 2000;
    summary.error = 310;
    summary.anomaly = 3;
    summary.stores[0] = {StoreKind::storage, 4000, 10'000, 5000, 5000, 0, 0};
    summary.stores[1] = {StoreKind::task, 20'000, 40'000, 0, 11'000, 8, 52};
    summary.stores[2] = {StoreKind::buffer, 900, 2000, 700, 1300, 0, 0};
    summary.store_count = 3;
    summary.follows = 4711;
    summary.refused = Refusal::unsafe;
    return summary;
}

SetPoint usual_set_point() {
    SetPoint set_point;
    set_point.target = "feeder-12";
    set_point.sequence = 4712;
    set_point.issued_s = 1'800'000'000;
    set_point.valid_s = 7200;
    set_point.step_s = 900;
    set_point.levels = {Levels{-500, 1200, 0}, Levels{64'000, 0, -64'000}};
    set_point.steps = 2;
    return set_point;
}

TEST(coordinate_messages, a_summary_comes_back_and_is_short) {
    const Summary summary = full_summary();
    const Bytes bytes = encoded(summary, kMaxSummaryBytes);
    ASSERT_FALSE(bytes.empty());
    EXPECT_LE(bytes.size(), 124U);
    Summary read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_EQ(read.measured, summary.measured);
    EXPECT_EQ(read.mean(), 216);
    EXPECT_EQ(read.steered, -1200);
    EXPECT_EQ(read.anomaly, 3U);
    EXPECT_EQ(read.store_count, 3U);
    EXPECT_EQ(read.stores[1].until_q, 52U);
    EXPECT_EQ(read.stores[2].take, 1300);
    EXPECT_EQ(read.follows, 4711U);
    EXPECT_EQ(read.refused, Refusal::unsafe);
    for (uint32_t i = 0; i < Summary::kHorizon; ++i)
        EXPECT_LE(std::abs(read.forecast[i] - summary.forecast[i]), 7200 / 127) << i;
}

TEST(coordinate_messages, the_longest_summary_fits) {
    Summary summary = full_summary();
    summary.boot = summary.sequence = summary.clock_s = summary.follows = UINT32_MAX;
    summary.measured.fill(-Store::kMost);
    summary.parts = Summary::kMostParts;
    summary.steered = -Store::kMost;
    summary.error = Store::kMost;
    summary.forecast.fill(-Store::kMost);
    summary.store_count = Summary::kMostStores;
    summary.stores.fill({StoreKind::storage, Store::kMost, Store::kMost, Store::kMost, Store::kMost,
                         Store::kMostQuarters, 0});
    const Bytes bytes = encoded(summary, kMaxSummaryBytes);
    Summary read;
    EXPECT_TRUE(decode(bytes, read));
}

TEST(coordinate_messages, a_forecast_longer_than_the_horizon_is_refused) {
    Bytes bytes{0xa1, 0x06, 0x58, 88};  // found by the fuzzer: it was written beyond the horizon
    bytes.resize(bytes.size() + 88, 0x58);
    Summary read;
    EXPECT_FALSE(decode(bytes, read));
    EXPECT_EQ(read.forecast_count, 0U);
}

TEST(coordinate_messages, what_breaks_the_cddl_is_refused) {
    Summary summary = full_summary();
    Summary read;
    summary.stores[0].content = summary.stores[0].most + 1;
    EXPECT_FALSE(decode(encoded(summary, 256), read));
    summary = full_summary();
    Bytes bytes = encoded(summary, 256);
    bytes.push_back(0);
    EXPECT_FALSE(decode(bytes, read));
    bytes.resize(bytes.size() / 2);
    EXPECT_FALSE(decode(bytes, read));
    summary.store_count = Summary::kMostStores + 1;
    EXPECT_TRUE(encoded(summary, 256).empty());
}

TEST(coordinate_messages, a_set_point_comes_back_and_its_limits_hold) {
    const SetPoint set_point = usual_set_point();
    const Bytes bytes = encoded(set_point, kMaxSetPointBytes);
    SetPoint read;
    ASSERT_TRUE(decode(bytes, read));
    EXPECT_EQ(read.target, "feeder-12");
    EXPECT_EQ(read.steps, 2U);
    EXPECT_EQ(read.levels, set_point.levels);
    SetPoint bad = set_point;
    bad.sequence = 0;
    EXPECT_FALSE(decode(encoded(bad, 256), read));
    bad = set_point;
    bad.steps = 0;
    EXPECT_FALSE(decode(encoded(bad, 256), read));
    bad = set_point;
    bad.target = "a name that is longer than any that a device could have";
    EXPECT_FALSE(decode(encoded(bad, 256), read));
    bad = set_point;
    bad.steps = SetPoint::kMostSteps;
    bad.target = "12345678901234567890123456789012";
    bad.sequence = bad.issued_s = bad.valid_s = bad.step_s = UINT32_MAX;
    bad.levels.fill({-kMostLevel, -kMostLevel, -kMostLevel});
    EXPECT_TRUE(decode(encoded(bad, kMaxSetPointBytes), read)) << "the longest must fit";
}

TEST(coordinate_messages, survive_damage) {
    std::mt19937 random(1);
    const Bytes seeds[] = {encoded(full_summary(), 256), encoded(usual_set_point(), 256)};
    for (int round = 0; round < 20000; ++round) {
        Bytes bytes = seeds[round % 2];
        for (unsigned i = 0; i <= random() % 4; ++i)
            bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

}  // namespace
}  // namespace ganglion::coordinate
