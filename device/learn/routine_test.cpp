#include "device/learn/routine.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ganglion {
namespace {

enum Event { breakfast, lamp, alarm_clock, door, cat };

constexpr RoutineParameters kHome{.events = 8,
                                  .actions = 2,
                                  .window_minutes = 30,
                                  .least_cues = 3,
                                  .confidence_permille = 500,
                                  .habit_permille = 600,
                                  .habit_minutes = 60,
                                  .learn_days = 4,
                                  .wrong_step_permille = 10,
                                  .wrong_per_day_q8 = 205};

struct Home {
    explicit Home(const RoutineParameters& parameters = kHome)
        : memory(Routine::state_bytes(parameters) / 8) {
        routine.start(parameters, bytes());
    }
    std::span<uint8_t> bytes() {
        return {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8};
    }
    uint32_t at(uint32_t day, uint32_t minute, int event) {
        return routine.push(day % 7 * 1440 + minute, event);
    }
    // Alarm clock at seven, breakfast twelve minutes later; the lamp at eight in the evening, after
    // nothing in particular; a cat that goes as it likes.
    void day(uint32_t number) {
        const uint32_t late = random() % 20;
        at(number, 420 + late, alarm_clock);
        at(number, 432 + late, breakfast);
        for (uint32_t half_hour = 16; half_hour < 48; ++half_hour) {
            at(number, half_hour * 30, -1);
            if (random() % 4 == 0) at(number, half_hour * 30 + 5, cat);
            if (half_hour == 40) at(number, half_hour * 30 + 10, lamp);
        }
    }
    std::minstd_rand random{1};
    std::vector<uint64_t> memory;
    Routine routine;
};

TEST(Routine, AnticipatesWhatFollowsAnEventAndWhatFollowsTheClock) {
    Home home;
    for (uint32_t day = 0; day < 10; ++day) home.day(day);
    EXPECT_EQ(home.at(10, 300, -1), 0U);
    EXPECT_EQ(home.at(10, 425, alarm_clock), 1U << breakfast);
    EXPECT_EQ(home.routine.added(), 1U << breakfast);
    EXPECT_EQ(home.at(10, 430, cat), 1U << breakfast);  // still awaited
    EXPECT_EQ(home.routine.added(), 0U);
    EXPECT_EQ(home.at(10, 437, breakfast), 0U);
    EXPECT_EQ(home.at(10, 1140, -1), 0U);
    EXPECT_EQ(home.at(10, 1200, -1), 1U << lamp);
    EXPECT_EQ(home.at(10, 1210, lamp), 0U);
}

// The same cue at an unusual time is no routine: no breakfast at night.
TEST(Routine, OnlyAtItsTime) {
    Home home;
    for (uint32_t day = 0; day < 10; ++day) home.day(day);
    EXPECT_EQ(home.at(10, 180, alarm_clock), 0U);
}

TEST(Routine, LearnsBeforeItJudges) {
    Home home;
    for (uint32_t day = 0; day < 3; ++day) home.day(day);
    EXPECT_EQ(home.at(3, 425, alarm_clock), 0U);
}

TEST(Routine, WrongAnticipationsMakeItCareful) {
    RoutineParameters parameters = kHome;
    parameters.wrong_step_permille = 100;
    Home home(parameters);
    for (uint32_t day = 0; day < 10; ++day) home.day(day);
    // From now on the alarm clock means nothing any more.
    uint32_t wrong = 0;
    for (uint32_t day = 10; day < 60; ++day) {
        home.at(day, 425, alarm_clock);
        if (home.routine.added() != 0) ++wrong;
        home.at(day, 600, -1);
    }
    EXPECT_GE(wrong, 1U);
    EXPECT_LE(wrong, 9U);
    EXPECT_EQ(home.at(60, 425, alarm_clock), 0U);
}

TEST(Routine, LongAgoFades) {
    Home home;
    for (uint32_t day = 0; day < 200; ++day) home.day(day);
    EXPECT_LT(home.routine.days(), 60U);
    EXPECT_EQ(home.at(200, 425, alarm_clock), 1U << breakfast);
}

TEST(Routine, GoesOnFromStoredBytes) {
    Home home;
    for (uint32_t day = 0; day < 6; ++day) home.day(day);
    Home restarted;
    restarted.memory = home.memory;
    restarted.random = home.random;
    ASSERT_EQ(restarted.routine.resume(kHome, restarted.bytes()), Status::ok);
    for (uint32_t day = 6; day < 12; ++day) home.day(day);
    for (uint32_t day = 6; day < 12; ++day) restarted.day(day);
    EXPECT_EQ(restarted.memory, home.memory);

    const Home factory;
    for (uint64_t& word : home.memory) word = 0xA5A5A5A5A5A5A5A5ULL;
    EXPECT_EQ(home.routine.resume(kHome, home.bytes()), Status::bad_value);
    EXPECT_EQ(home.memory, factory.memory);
}

TEST(Routine, TakesAnything) {
    Home home;
    for (uint32_t i = 0; i < 100000; ++i) {
        const uint32_t minute = home.random() % (i % 3 == 0 ? 1000000 : 10080);
        const auto event = static_cast<int32_t>(home.random() % 20) - 5;
        EXPECT_EQ(home.routine.push(minute, event) >> kHome.actions, 0U);
    }
    EXPECT_EQ(home.routine.resume(kHome, home.bytes()), Status::ok);
}

TEST(RoutineParameters, AreChecked) {
    EXPECT_EQ(kHome.check(), Status::ok);
    const auto refused = [](auto change) {
        RoutineParameters parameters = kHome;
        change(parameters);
        return parameters.check() == Status::bad_value;
    };
    EXPECT_TRUE(refused([](auto& p) { p.events = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.actions = 9; }));
    EXPECT_TRUE(refused([](auto& p) { p.window_minutes = 4; }));
    EXPECT_TRUE(refused([](auto& p) { p.confidence_permille = 0; }));
    EXPECT_TRUE(refused([](auto& p) { p.habit_permille = 1001; }));
    EXPECT_TRUE(refused([](auto& p) { p.learn_days = 0; }));
}

}  // namespace
}  // namespace ganglion
