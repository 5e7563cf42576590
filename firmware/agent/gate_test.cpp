#include "firmware/agent/gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "device/event/messages.hpp"

namespace ganglion::firmware {
namespace {

struct Chunk {
    GateChunk head;
    std::vector<uint8_t> samples;
};

bool take(Chunk& chunk) {
    std::array<uint8_t, 2048> bytes;
    const size_t size = gate::next_chunk(bytes);
    if (size == 0) return false;
    EXPECT_TRUE(decode_gate_chunk(std::span(bytes).first(size), chunk.head));
    chunk.samples.assign(chunk.head.samples.begin(), chunk.head.samples.end());
    return true;
}

std::vector<int16_t> ramp(size_t first, size_t count) {
    std::vector<int16_t> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<int16_t>(first + i);
    return values;
}

/// Offers samples `from`..`to` in blocks of 160.
void offer(uint64_t from, uint64_t to) {
    for (uint64_t at = from; at < to; at += 160)
        gate::offer(at, ramp(at, std::min<uint64_t>(160, to - at)));
}

TEST(gate, shut_unless_opened) {
    gate::start(3, 1, 2000);
    offer(0, 10000);
    Chunk chunk;
    EXPECT_FALSE(take(chunk));
    EXPECT_EQ(gate::bytes_out(), 0U);
}

TEST(gate, never_opens_without_a_quota) {
    gate::start(3, 1, 0);
    gate::open_after(100);
    offer(101, 10000);
    Chunk chunk;
    EXPECT_FALSE(take(chunk));
}

TEST(gate, lets_out_the_quota_from_the_next_sample_on) {
    gate::start(3, 1, 2000);
    gate::open_after(99);  // within the block that begins at 0
    offer(0, 8000);
    uint64_t next = 100;
    Chunk chunk;
    while (take(chunk)) {
        EXPECT_EQ(chunk.head.boot, 3U);
        EXPECT_EQ(chunk.head.opening, 1U);
        EXPECT_EQ(chunk.head.first_sample, next);
        for (size_t i = 0; i < chunk.samples.size(); i += 2)
            ASSERT_EQ(chunk.samples[i] | chunk.samples[i + 1] << 8, next + i / 2);
        next += chunk.samples.size() / 2;
    }
    EXPECT_EQ(next, 2100U);
    EXPECT_TRUE(chunk.head.last);
    EXPECT_EQ(gate::bytes_out(), 4000U);
    EXPECT_EQ(gate::openings(), 1U);
    EXPECT_EQ(gate::values_dropped(), 0U);
}

TEST(gate, a_decision_while_open_changes_nothing) {
    gate::start(3, 1, 2000);
    gate::open_after(0);
    offer(1, 1001);
    gate::open_after(1000);
    offer(1001, 9000);
    Chunk chunk;
    while (take(chunk)) {
    }
    EXPECT_EQ(gate::openings(), 1U);
    EXPECT_EQ(gate::bytes_out(), 4000U);
}

TEST(gate, full_ring_ends_the_opening_and_counts) {
    gate::start(3, 1, 20000);
    gate::open_after(0);
    offer(1, 20001);
    gate::open_after(30000);
    offer(30001, 50001);  // only 12768 values fit behind the 20000 that nobody has fetched
    EXPECT_GT(gate::values_dropped(), 0U);
    uint64_t values = 0;
    unsigned ends = 0;
    Chunk chunk;
    while (take(chunk)) {
        values += chunk.samples.size() / 2;
        ends += chunk.head.last;
    }
    EXPECT_EQ(ends, 2U);
    EXPECT_EQ(values + gate::values_dropped(), 40000U);
    EXPECT_LE(values, gate::kRingValues);
    // The ring is free again.
    gate::open_after(60000);
    offer(60001, 80001);
    values = 0;
    while (take(chunk)) values += chunk.samples.size() / 2;
    EXPECT_EQ(values, 20000U);
}

TEST(gate, more_openings_than_it_keeps_are_dropped_whole) {
    gate::start(3, 1, 100);
    for (uint64_t i = 0; i < 6; ++i) {
        gate::open_after(1000 * i);
        offer(1000 * i + 1, 1000 * i + 500);
    }
    EXPECT_EQ(gate::values_dropped(), 200U);
    Chunk chunk;
    unsigned ends = 0;
    while (take(chunk)) ends += chunk.head.last;
    EXPECT_EQ(ends, 4U);
}

TEST(gate, end_of_samples_closes) {
    gate::start(3, 2, 2000);
    gate::open_after(9);
    gate::offer(10, ramp(0, 300));
    gate::close();
    Chunk chunk;
    ASSERT_TRUE(take(chunk));
    EXPECT_TRUE(chunk.head.last);
    EXPECT_EQ(chunk.head.first_sample, 10U);
    EXPECT_EQ(chunk.samples.size(), 600U);
    EXPECT_FALSE(take(chunk));
}

}  // namespace
}  // namespace ganglion::firmware
