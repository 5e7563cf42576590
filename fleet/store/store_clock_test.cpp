// When an event happened: arrival, and what the device's clock says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/base/clock.hpp"
#include "fleet/testing/store_fixture.hpp"
#include "fleet/testing/store_messages.hpp"

namespace ganglion::fleet {
namespace {

using testing::event;
using testing::events;
using testing::events_at;
using testing::kNoon;
using testing::StoreTest;

TEST_F(StoreTest, ArrivalAndTheDevicesClockGiveTheTime) {
    const auto committed =
        commit({events_at(kNoon, 90'000, 1, {event(1, 1, 60'000), event(1, 2, 90'000)})});
    EXPECT_EQ(committed.new_events.at(0).time_ms, kNoon - 30'000);
    EXPECT_EQ(committed.new_events.at(0).uncertainty_ms, 0);
    EXPECT_EQ(committed.new_events.at(1).time_ms, kNoon);
}

TEST_F(StoreTest, AMessageHeldUpOnItsWayIsUncertainByItsDelay) {
    commit({events_at(kNoon, 10'000, 1, {event(1, 1, 10'000)})});
    const auto late =
        commit({events_at(kNoon + 25'000, 15'000, 1, {event(1, 2, 15'000)})}).new_events.at(0);
    EXPECT_EQ(late.time_ms, kNoon + 25'000);
    EXPECT_EQ(late.time_ms - late.uncertainty_ms,
              kNoon + 5'000 + 25);  // 25 ms: what a clock may drift in 25 s
    const auto prompt =
        commit({events_at(kNoon + 30'000, 40'000, 1, {event(1, 3, 40'000)})}).new_events.at(0);
    EXPECT_EQ(prompt.uncertainty_ms, 0);
}

TEST_F(StoreTest, AClockThatJumpedAheadMakesOlderEventsUncertainByTheJump) {
    commit({events_at(kNoon, 10'000, 1, {event(1, 1, 10'000)})});
    // Ten seconds later its clock is an hour and ten seconds on; the first event was before that.
    const auto after = commit({events_at(kNoon + 10'000, 3'620'000, 1,
                                         {event(1, 2, 12'000), event(1, 3, 3'619'000)})})
                           .new_events;
    const int64_t jump = 3'600'000 + 10;  // 10 ms: what a clock may drift in 10 s
    EXPECT_EQ(after.at(0).time_ms, kNoon + 10'000 - 3'608'000 + jump);
    EXPECT_EQ(after.at(0).uncertainty_ms, jump);
    EXPECT_EQ(after.at(1).time_ms, kNoon + 10'000);
    EXPECT_EQ(after.at(1).uncertainty_ms, 1000);
    const auto later =
        commit({events_at(kNoon + 20'000, 3'630'000, 1, {event(1, 4, 3'630'000)})}).new_events;
    EXPECT_EQ(later.at(0).time_ms, kNoon + 20'000);
    EXPECT_EQ(later.at(0).uncertainty_ms, 0);
}

TEST_F(StoreTest, WhatComesOfABacklogAfterTheJumpIsCorrectedToo) {
    constexpr int64_t jump = 3'600'000 + 10;  // 10 ms: what a clock may drift in 10 s
    commit({events_at(kNoon, 10'000, 1, {event(1, 1, 10'000)})});
    // What waits: a second after the first, and at every second until the clock jumped.
    commit({events_at(kNoon + 10'000, 3'620'000, 1, {event(1, 2, 11'000)})});
    const auto later = commit({events_at(kNoon + 11'000, 3'621'000, 1,
                                         {event(1, 3, 12'000), event(1, 4, 3'620'500)})})
                           .new_events;
    EXPECT_EQ(later.at(0).time_ms, kNoon + 2'010);
    EXPECT_EQ(later.at(0).uncertainty_ms, jump);
    EXPECT_EQ(later.at(1).time_ms, kNoon + 10'500) << "decided after the jump was seen";
    EXPECT_EQ(later.at(1).uncertainty_ms, 0);
    // The same from a server that starts again.
    const auto again = under_test_->open();
    const auto more =
        again->commit(std::vector{events_at(kNoon + 12'000, 3'622'000, 1, {event(1, 5, 13'000)})})
            .new_events.at(0);
    EXPECT_EQ(more.time_ms, kNoon + 3'010);
    EXPECT_EQ(more.uncertainty_ms, jump);
    // Sent before the jump and overtaken: a message that is late, no more.
    const auto overtaken =
        again->commit(std::vector{events_at(kNoon + 13'000, 11'500, 1, {event(1, 6, 11'500)})})
            .new_events.at(0);
    EXPECT_EQ(overtaken.time_ms, kNoon + 13'000);
    EXPECT_LE(overtaken.time_ms - overtaken.uncertainty_ms, kNoon + 1'500);
    EXPECT_EQ(
        again
            ->commit(std::vector{events_at(kNoon + 14'000, 3'624'000, 1, {event(1, 7, 3'624'000)})})
            .new_events.at(0)
            .uncertainty_ms,
        0);
}

TEST_F(StoreTest, EveryJumpOfABootsClockIsTakenOff) {
    // Every ten seconds the clock jumps ahead by a minute; nothing is sent but the clock.
    constexpr int64_t minute = 60'000, step = 10'000;
    constexpr uint64_t first = 5'000;
    int64_t clock = 10'000;
    commit({events_at(kNoon, static_cast<uint64_t>(clock), 1, {event(1, 1, first)})});
    for (int64_t jumps = 1; jumps <= 12; ++jumps) {
        clock += step + minute;
        const int64_t now = kNoon + jumps * step;
        const auto found = commit({events_at(now, static_cast<uint64_t>(clock), 1,
                                             {event(1, static_cast<uint32_t>(jumps) + 1, first)})})
                               .new_events.at(0);
        // Five seconds before noon, whatever the clock has come to since.
        EXPECT_LE(found.time_ms - found.uncertainty_ms, kNoon - 5'000) << jumps;
        EXPECT_EQ(found.time_ms, kNoon - 5'000 + 10 * jumps) << jumps;
    }
    // Of the time between two of them only those after it are: eight are told apart.
    const auto between =
        commit({events_at(kNoon + 13 * step, static_cast<uint64_t>(clock + step), 1,
                          {event(1, 20, static_cast<uint64_t>(clock - minute - step))})})
            .new_events.at(0);
    EXPECT_EQ(between.time_ms, kNoon + 11 * step + 10);
    EXPECT_EQ(between.uncertainty_ms, minute + 10);
}

TEST_F(StoreTest, AnEventOfAnEarlierBootHappenedSinceTheDeviceWasLastHeard) {
    commit({events_at(kNoon, 1'000, 3, {event(3, 1)})});
    const auto late =
        commit({events_at(kNoon + 60'000, 2'000, 4, {event(3, 2, 5'000)})}).new_events.at(0);
    EXPECT_EQ(late.time_ms, kNoon + 60'000);
    EXPECT_EQ(late.uncertainty_ms, 60'000);
}

TEST_F(StoreTest, AnEventOfABootNeverHeardHappenedSinceTheFleetBegan) {
    const int64_t now = now_ms();
    const auto late = commit({events_at(now, 2'000, 4, {event(3, 2, 5'000)})}).new_events.at(0);
    EXPECT_LT(late.uncertainty_ms, 60'000);
    EXPECT_GE(late.uncertainty_ms, 0);
}

TEST_F(StoreTest, AnEventAheadOfItsMessageIsNotInTheFuture) {
    const auto odd =
        commit({events_at(kNoon, 1'000, 1, {event(1, 1, 9'000'000)})}).new_events.at(0);
    EXPECT_EQ(odd.time_ms, kNoon);
}

TEST_F(StoreTest, TheWidestClocksDoNotOverflow) {
    constexpr uint64_t widest = (uint64_t{1} << 53) - 1;
    commit({events_at(kNoon, widest, 1, {event(1, 1, 0)})});
    const auto later = commit({events_at(kNoon + 1, 0, 1, {event(1, 2, 0)})}).new_events.at(0);
    EXPECT_EQ(store().events({}).at(0).time_ms, 0);
    EXPECT_EQ(later.uncertainty_ms, static_cast<int64_t>(widest) + 1);
}

}  // namespace
}  // namespace ganglion::fleet
