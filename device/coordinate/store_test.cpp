#include "device/coordinate/store.hpp"

#include <gtest/gtest.h>

#include "device/coordinate/local_rule.hpp"

namespace ganglion::coordinate {
namespace {

constexpr uint32_t kQuarter = 900;
constexpr Store kBattery{StoreKind::storage, 4000, 10'000, 5000, 5000, 0, 0};
constexpr Store kCar{StoreKind::task, 20'000, 40'000, 0, 11'000, 0, 32};

TEST(Store, a_level_is_a_share_of_room_or_content) {
    EXPECT_EQ(respond(kBattery, 500, kQuarter), 3000);    // half of 6000 an hour
    EXPECT_EQ(respond(kBattery, -500, kQuarter), -2000);  // half of 4000 an hour
    EXPECT_EQ(respond(kBattery, 0, kQuarter), 0);
    EXPECT_EQ(respond(kBattery, kMostLevel, kQuarter), 5000);
    EXPECT_EQ(respond(kBattery, -kMostLevel, kQuarter), -5000);
}

TEST(Store, never_more_than_fits) {
    Store full = kBattery;
    full.content = full.most - 100;
    const int32_t power = respond(full, kMostLevel, 3600);
    EXPECT_LE(power, 106);
    advance(full, power, 3600);
    EXPECT_LE(full.content, full.most);
    Store empty = kBattery;
    empty.content = 50;
    EXPECT_GE(respond(empty, -kMostLevel, 3600), -50);
}

TEST(Store, a_storage_loses_on_the_way_in_and_out) {
    Store battery = kBattery;
    advance(battery, 1000, 3600);
    EXPECT_EQ(battery.content, 4950);
    advance(battery, -950, 3600);
    EXPECT_EQ(battery.content, 3950);
}

TEST(Store, a_task_at_level_one_is_just_full_in_time) {
    Store car = kCar;
    for (uint32_t left = 32; left > 0; --left) {
        car.until_q = left;
        advance(car, respond(car, 1000, kQuarter), kQuarter);
    }
    EXPECT_GE(car.content, car.most - 40);
}

TEST(Store, a_task_that_would_be_late_takes_all_it_can_whatever_it_is_told) {
    Store car = kCar;
    car.until_q = 8;  // 20 kWh in 2 h at 11 kW
    EXPECT_EQ(respond(car, 0, kQuarter), 11'000);
    EXPECT_EQ(respond(car, -kMostLevel, kQuarter), 11'000);
    car.until_q = 32;
    EXPECT_EQ(respond(car, 0, kQuarter), 0);
}

TEST(Store, what_is_away_does_nothing) {
    Store car = kCar;
    car.from_q = 1;
    EXPECT_EQ(respond(car, kMostLevel, kQuarter), 0);
}

TEST(Store, limits_are_checked) {
    EXPECT_TRUE(kBattery.valid());
    Store bad = kBattery;
    bad.content = bad.most + 1;
    EXPECT_FALSE(bad.valid());
    bad = kBattery;
    bad.take = -1;
    EXPECT_FALSE(bad.valid());
    bad = kCar;
    bad.until_q = 0;
    EXPECT_FALSE(bad.valid());
    bad = kCar;
    bad.give = 1;
    EXPECT_FALSE(bad.valid());
}

TEST(LocalRule, a_battery_evens_out_its_own_place) {
    EXPECT_EQ(local_response(kBattery, {.own_use = -1200}, kQuarter), 1200);
    EXPECT_EQ(local_response(kBattery, {.own_use = 800}, kQuarter), -800);
    EXPECT_EQ(local_response(kBattery, {.own_use = 9000}, kQuarter), -5000);
}

TEST(LocalRule, a_car_waits_for_the_cheap_hours_unless_it_would_be_late) {
    EXPECT_EQ(local_response(kCar, {.cheap = false}, kQuarter), 0);
    EXPECT_EQ(local_response(kCar, {.cheap = true}, kQuarter), 11'000);
    Store late = kCar;
    late.until_q = 7;
    EXPECT_EQ(local_response(late, {.cheap = false}, kQuarter), 11'000);
}

TEST(LocalRule, a_strained_line_eases_what_strains_it) {
    EXPECT_EQ(strain_of(2300, 2300, 2070), 0);
    EXPECT_EQ(strain_of(2070, 2300, 2070), 1000);
    EXPECT_EQ(strain_of(2530, 2300, 2530), 1000);
    EXPECT_EQ(eased(8000, 800, false), 8000);
    EXPECT_EQ(eased(8000, 925, false), 4000);
    EXPECT_EQ(eased(8000, 1000, false), 0);
    EXPECT_EQ(eased(-4000, 1000, false), -4000);  // giving helps
    EXPECT_EQ(eased(-4000, 1000, true), 0);
}

}  // namespace
}  // namespace ganglion::coordinate
