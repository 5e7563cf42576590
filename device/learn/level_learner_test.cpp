#include "device/learn/level_learner.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace ganglion {
namespace {

struct Level {
    explicit Level(LevelParameters parameters) { learner.start(parameters, state); }
    uint16_t score(std::vector<int16_t> values) {
        std::array<uint16_t, 1> scores{};
        EXPECT_TRUE(learner.push(values, {}, scores));
        return scores[0];
    }
    alignas(8) std::array<uint8_t, 8> state{};
    LevelLearner learner;
};

TEST(LevelLearner, ScoresOneReading) {
    Level level({.channel = 1, .level = 350, .width = 100, .reserved = 0});
    EXPECT_EQ(level.score({9999, 350}), 500);
    EXPECT_EQ(level.score({0, 400}), 750);
    EXPECT_EQ(level.score({0, 32767}), 1000);
    EXPECT_EQ(level.score({0, -32767}), 0);
    EXPECT_EQ(level.score({0, 349}), 495);
}

TEST(LevelLearner, AMissingReadingChangesNothing) {
    Level level({.channel = 0, .level = 350, .width = 100, .reserved = 0});
    EXPECT_EQ(level.score({kMissing}), 0);
    EXPECT_EQ(level.score({500}), 1000);
    EXPECT_EQ(level.score({kMissing}), 1000);
}

TEST(LevelLearner, ChecksItsParameters) {
    const auto parse = [](LevelParameters wanted, uint32_t outputs = 1) {
        LearnerHeader header{};
        header.outputs = outputs;
        LevelParameters parameters{};
        return LevelLearner::parse(
            header, 2, {reinterpret_cast<const uint8_t*>(&wanted), sizeof wanted}, parameters);
    };
    EXPECT_EQ(parse({.channel = 1, .level = 0, .width = 1, .reserved = 0}), Status::ok);
    EXPECT_EQ(parse({.channel = 2, .level = 0, .width = 1, .reserved = 0}), Status::bad_value);
    EXPECT_EQ(parse({.channel = 1, .level = 0, .width = 0, .reserved = 0}), Status::bad_value);
    EXPECT_EQ(parse({.channel = 1, .level = 0, .width = 1, .reserved = 1}), Status::bad_value);
    EXPECT_EQ(parse({.channel = 1, .level = 0, .width = 1, .reserved = 0}, 2), Status::bad_shape);
}

}  // namespace
}  // namespace ganglion
