#include "device/learn/noise_learner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

namespace ganglion {
namespace {

constexpr uint32_t kBands = 3;

NoiseParameters room() {
    NoiseParameters p{};
    p.slot_blocks = 20;
    p.learn_blocks = 10;
    p.slots = 24;
    p.block = 4;
    p.adapt_shift = 12;
    p.least_deviation = 32;
    p.clip = 4;
    p.loud = {.start_q8 = 8 * 256,
              .least_q8 = 5 * 256,
              .most_q8 = 24 * 256,
              .step_q8 = 128,
              .slots = 480,
              .quiet = 8};
    p.unusual = p.loud;
    return p;
}

struct Room {
    explicit Room(const NoiseParameters& parameters = room()) {
        const LearnerHeader header{.kind = static_cast<uint32_t>(LearnerKind::noise),
                                   .outputs = NoiseLearner::outputs,
                                   .parameter_bytes = sizeof parameters,
                                   .share_bytes = 0};
        std::array<uint8_t, sizeof(NoiseParameters)> bytes{};
        std::memcpy(bytes.data(), &parameters, sizeof parameters);
        EXPECT_EQ(NoiseLearner::parse(header, kBands, bytes, parsed), Status::ok);
        memory.resize(NoiseLearner::state_bytes(parsed) / 8);
        learner.start(parsed, state());
    }
    std::span<uint8_t> state() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    // One block: `level` of each band and some noise around it.
    bool block(std::array<int, kBands> levels) {
        bool ready = false;
        for (uint32_t frame = 0; frame < parsed.block; ++frame) {
            std::array<int16_t, kBands> values{};
            for (uint32_t i = 0; i < kBands; ++i)
                values[i] = static_cast<int16_t>(levels[i] + static_cast<int>(random() % 129) - 64);
            ready = learner.push(values, {}, scores);
        }
        return ready;
    }
    static std::array<int, kBands> usual(uint32_t hour) {
        const int level = hour < 6 ? 4000 : 7000;  // 11.7 doublings, 35 dB, louder by day
        return {level, level - 500, level - 900};
    }
    void days(uint32_t count) {
        for (uint32_t i = 0; i < count * 24 * parsed.slot_blocks; ++i) {
            const uint32_t hour = learner.slot();
            block(usual(hour));
        }
    }
    void until(uint32_t hour) {
        while (learner.slot() != hour) block(usual(learner.slot()));
    }

    NoiseLearner::Parameters parsed{};
    std::vector<uint64_t> memory;
    NoiseLearner learner;
    std::array<uint16_t, NoiseLearner::outputs> scores{};
    std::minstd_rand random{7};
};

TEST(NoiseLearner, WhatIsUsualByDayIsToldAtNight) {
    Room room;
    room.days(3);
    room.until(12);
    room.block(Room::usual(12));
    EXPECT_LT(room.scores[0], 300U);
    room.until(3);
    room.block(Room::usual(3));
    EXPECT_LT(room.scores[0], 300U);
    room.block(Room::usual(12));
    EXPECT_EQ(room.scores[0], 1000U);
}

TEST(NoiseLearner, ALevelIsTheEnergyOfAllBandsAndFrames) {
    NoiseParameters parameters = room();
    parameters.learn_blocks = 1;
    Room room(parameters);
    const std::array<int16_t, kBands> equal = {5000, 5000, 5000};
    const std::array<int16_t, kBands> silent = {};
    // Half of the frames at three bands of equal energy: 5000/256 + log2(3) - 1 doublings.
    for (int i = 0; i < 4; ++i) room.learner.push(i % 2 == 0 ? equal : silent, {}, room.scores);
    EXPECT_NEAR(room.learner.usual_level(0), 5000 + 406 - 256, 2);
}

TEST(NoiseLearner, AnotherSpectrumIsUnusualThoughNoLouder) {
    Room room;
    room.days(3);
    room.until(12);
    const auto usual = Room::usual(12);
    room.block({usual[2], usual[1], usual[0]});
    EXPECT_GE(room.scores[1], 500U);
    EXPECT_LT(room.scores[0], 500U);
}

TEST(NoiseLearner, OneAlarmDoesNotBecomeUsualAndANewHabitDoes) {
    Room room;
    room.days(4);
    room.until(3);
    const int32_t before = room.learner.usual_level(3);
    for (int i = 0; i < 5; ++i) room.block({9000, 8500, 8100});
    EXPECT_NEAR(room.learner.usual_level(3), before, 128);
    for (int day = 0; day < 60; ++day) {
        room.until(3);
        while (room.learner.slot() == 3) room.block({9000, 8500, 8100});
    }
    room.until(3);
    room.block({9000, 8500, 8100});
    EXPECT_LT(room.scores[0], 500U);
}

TEST(NoiseLearner, AnHourNeverHeardBeginsWithWhatIsUsualOverall) {
    Room room;
    while (!room.block(Room::usual(12))) {
    }
    EXPECT_EQ(room.learner.usual_level(1), 0);
    while (room.learner.slot() != 1) room.block(Room::usual(12));
    room.block(Room::usual(12));
    EXPECT_NEAR(room.learner.usual_level(1), room.learner.usual_level(0), 32);
    EXPECT_LT(room.scores[0], 500U);
}

TEST(NoiseLearner, GoesOnFromStoredBytesBitForBit) {
    Room a;
    a.days(2);
    Room b;
    b.memory = a.memory;
    ASSERT_TRUE(b.learner.resume(b.parsed, b.state()));
    b.random = a.random;
    a.days(1);
    b.days(1);
    EXPECT_EQ(a.memory, b.memory);
    EXPECT_EQ(a.scores, b.scores);
}

TEST(NoiseLearner, RefusesBytesThatNoLearningGives) {
    Room room;
    room.days(1);
    auto bytes = room.state();
    bytes[8] = 24;  // the slot
    EXPECT_FALSE(room.learner.resume(room.parsed, room.state()));
}

TEST(NoiseLearner, ExtremeFramesStayInBounds) {
    Room room;
    room.days(1);
    for (int i = 0; i < 2000; ++i) {
        const auto extreme = static_cast<int16_t>(i % 3 == 0 ? INT16_MIN : INT16_MAX);
        const std::array<int16_t, kBands> values = {extreme, static_cast<int16_t>(-1 - extreme),
                                                    extreme};
        room.learner.push(values, {}, room.scores);
        EXPECT_LE(room.scores[0], 1000U);
        EXPECT_LE(room.scores[1], 1000U);
    }
}

TEST(NoiseLearner, ChecksItsParameters) {
    const auto parse = [](const NoiseParameters& parameters, uint32_t outputs, uint32_t values) {
        const LearnerHeader header{.kind = static_cast<uint32_t>(LearnerKind::noise),
                                   .outputs = outputs,
                                   .parameter_bytes = sizeof parameters,
                                   .share_bytes = 0};
        std::array<uint8_t, sizeof(NoiseParameters)> bytes{};
        std::memcpy(bytes.data(), &parameters, sizeof parameters);
        NoiseLearner::Parameters parsed{};
        return NoiseLearner::parse(header, values, bytes, parsed);
    };
    EXPECT_EQ(parse(room(), 2, 8), Status::ok);
    EXPECT_EQ(parse(room(), 1, 8), Status::bad_shape);
    EXPECT_EQ(parse(room(), 2, 17), Status::bad_shape);
    for (const auto spoil :
         {+[](NoiseParameters& p) { p.slots = 25; }, +[](NoiseParameters& p) { p.block = 0; },
          +[](NoiseParameters& p) { p.slot_blocks = 0; },
          +[](NoiseParameters& p) { p.adapt_shift = 16; }, +[](NoiseParameters& p) { p.clip = 0; },
          +[](NoiseParameters& p) { p.reserved = 1; },
          +[](NoiseParameters& p) { p.loud.start_q8 = 0; }}) {
        NoiseParameters parameters = room();
        spoil(parameters);
        EXPECT_EQ(parse(parameters, 2, 8), Status::bad_value);
    }
}

}  // namespace
}  // namespace ganglion
