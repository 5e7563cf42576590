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
    const int64_t jump = 3'600'000 - 10;  // 10 ms: what a clock may drift in 10 s
    EXPECT_EQ(after.at(0).time_ms, kNoon + 10'000 - 3'608'000 + jump);
    EXPECT_EQ(after.at(0).uncertainty_ms, jump);
    EXPECT_EQ(after.at(1).time_ms, kNoon + 10'000);
    EXPECT_EQ(after.at(1).uncertainty_ms, 1000);
    const auto later =
        commit({events_at(kNoon + 20'000, 3'630'000, 1, {event(1, 4, 3'630'000)})}).new_events;
    EXPECT_EQ(later.at(0).time_ms, kNoon + 20'000);
    EXPECT_EQ(later.at(0).uncertainty_ms, 0);
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
