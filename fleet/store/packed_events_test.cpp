#include "fleet/store/packed_events.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

/// Any number of any size, the widest ones often.
uint64_t any(std::mt19937_64& random) {
    const uint64_t value = random();
    return random() % 8 == 0 ? std::numeric_limits<uint64_t>::max() : value >> (random() % 64);
}

std::vector<StoredEvent> random_run(std::mt19937_64& random, uint32_t count) {
    std::vector<StoredEvent> run;
    for (uint32_t i = 0; i < count; ++i) {
        StoredEvent stored{static_cast<int64_t>(1000 + i), "pump", 0, 0, 1'700'000'000'000, {}};
        stored.time_ms = static_cast<int64_t>(any(random) >> 1);
        stored.uncertainty_ms = static_cast<int64_t>(any(random));
        EventRecord& event = stored.event;
        event.boot = 7;
        event.sequence = 50 + i;
        event.clock_ms = any(random);
        event.sample = any(random);
        event.kind = static_cast<uint8_t>(any(random));
        event.label = std::string(random() % 40, static_cast<char>('a' + random() % 2));
        event.score_permille = static_cast<uint16_t>(any(random));
        if (random() % 2 == 0) event.stop_samples = static_cast<uint32_t>(any(random));
        if (random() % 2 == 0) event.stop_instructions = static_cast<uint32_t>(any(random));
        run.push_back(stored);
    }
    return run;
}

TEST(PackedEvents, WhatWasPackedComesBack) {
    std::mt19937_64 random(1);
    for (uint32_t count = 1; count < 200; ++count) {
        const std::vector<StoredEvent> run = random_run(random, count);
        EventPacker packer;
        for (const StoredEvent& stored : run) packer.add(stored);
        ASSERT_EQ(packer.count(), count);
        const auto back =
            unpack_events({1000, 1'700'000'000'000, 7, 50, "pump"}, count, packer.bytes());
        ASSERT_EQ(back.size(), run.size());
        for (size_t i = 0; i < run.size(); ++i) {
            EXPECT_EQ(back[i].id, run[i].id);
            EXPECT_EQ(back[i].device, run[i].device);
            EXPECT_EQ(back[i].time_ms, run[i].time_ms);
            EXPECT_EQ(back[i].uncertainty_ms, run[i].uncertainty_ms);
            EXPECT_EQ(back[i].received_ms, run[i].received_ms);
            const EventRecord& is = back[i].event;
            const EventRecord& was = run[i].event;
            EXPECT_EQ(is.boot, was.boot);
            EXPECT_EQ(is.sequence, was.sequence);
            EXPECT_EQ(is.clock_ms, was.clock_ms);
            EXPECT_EQ(is.sample, was.sample);
            EXPECT_EQ(is.kind, was.kind);
            EXPECT_EQ(is.label, was.label);
            EXPECT_EQ(is.score_permille, was.score_permille);
            EXPECT_EQ(is.stop_samples, was.stop_samples);
            EXPECT_EQ(is.stop_instructions, was.stop_instructions);
        }
    }
}

TEST(PackedEvents, DamagedBytesAreFoundOrReadAsOtherEventsButNeverBeyondTheirEnd) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 2000; ++round) {
        EventPacker packer;
        for (const StoredEvent& stored : random_run(random, 5)) packer.add(stored);
        std::string bytes = packer.bytes();
        EXPECT_THROW(unpack_events({}, 5, bytes.substr(0, bytes.size() - 1)), StoreError);
        EXPECT_THROW(unpack_events({}, 5, bytes + '\0'), StoreError);
        bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        try {
            EXPECT_EQ(unpack_events({}, 5, bytes).size(), 5U);
        } catch (const StoreError&) {
            // Found.
        }
    }
}

}  // namespace
}  // namespace ganglion::fleet
