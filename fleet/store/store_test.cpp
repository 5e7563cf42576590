#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fleet/base/clock.hpp"
#include "fleet/store/rollup_sums.hpp"
#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/store_under_test.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using testing::events_at;
using testing::GapOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNoon;
using testing::report;
using ::testing::SizeIs;
using testing::StoreUnderTest;
using testing::Through;

class StoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!under_test_) GTEST_SKIP() << "its database is not on this machine";
    }
    Store& store() { return *opened_; }
    Committed commit(std::vector<Message> messages) { return store().commit(messages); }

    std::unique_ptr<StoreUnderTest> under_test_ = StoreUnderTest::make();
    const std::unique_ptr<Store> opened_ = under_test_ ? under_test_->open() : nullptr;
};

TEST_F(StoreTest, CountersThatNoSumHoldsDoNotStopIt) {
    // A device that lies: as many bytes as a message can say, in each of its boots.
    constexpr uint64_t most = (uint64_t{1} << 53) - 1;
    constexpr uint32_t boots = 1100;
    std::vector<Message> lies;
    for (uint32_t boot = 1; boot <= boots; ++boot) lies.push_back(report(boot, 1000, most));
    ASSERT_NO_THROW(commit(lies));
    for (Message& lie : lies) std::get<ReportRecord>(lie.content).boot += boots;
    ASSERT_NO_THROW(commit(lies));
    ASSERT_NO_THROW(commit({events({event(1, 1)}, "honest")}));
    EXPECT_EQ(store().summary().events, 1U);
    EXPECT_EQ(store().rollups({"fleet", Span::day, 0, kNoon * 2}).front().bytes_sensed, kMostSum);
    EXPECT_GT(store().device("speaker")->bytes_sensed, uint64_t{1} << 62);
}

TEST_F(StoreTest, StoresAnEventOnceHoweverOftenItComes) {
    const auto first = commit({events({event(1, 1), event(1, 2)})});
    EXPECT_THAT(first.new_events, SizeIs(2));
    EXPECT_THAT(first.acks, ElementsAre(Through("speaker", 1, 2)));
    const auto again = commit({events({event(1, 1)}), events({event(1, 2), event(1, 3)})});
    EXPECT_THAT(again.new_events, SizeIs(1));
    EXPECT_THAT(again.acks, ElementsAre(Through("speaker", 1, 3)));
    const auto duplicates_alone = commit({events({event(1, 2)})});
    EXPECT_THAT(duplicates_alone.new_events, IsEmpty());
    EXPECT_THAT(duplicates_alone.acks, ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(store().events({}), SizeIs(3));
    EXPECT_EQ(store().device("speaker")->events, 3u);
}

TEST_F(StoreTest, AcknowledgesOnlyUpToTheFirstGap) {
    EXPECT_THAT(commit({events({event(1, 2), event(1, 3), event(1, 7)})}).acks,
                ElementsAre(Through("speaker", 1, 0)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 1, 1), GapOf(1, 4, 6)));
    EXPECT_THAT(commit({events({event(1, 1)})}).acks, ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 4, 6)));
    EXPECT_THAT(commit({events({event(1, 6), event(1, 5), event(1, 4)})}).acks,
                ElementsAre(Through("speaker", 1, 7)));
    EXPECT_THAT(store().gaps({}), IsEmpty());
}

Message from_oldest(std::vector<EventRecord> records) {
    Message message = events(std::move(records));
    std::get<EventsMessage>(message.content).from_oldest = true;
    return message;
}

TEST_F(StoreTest, WhatADeviceHasLostIsInTheLedgerAndHoldsNothingUp) {
    EXPECT_THAT(commit({from_oldest({event(1, 1), event(1, 2)})}).acks,
                ElementsAre(Through("speaker", 1, 2)));
    EXPECT_THAT(store().gaps({}), IsEmpty());
    EXPECT_THAT(commit({from_oldest({event(1, 5), event(1, 6)})}).acks,
                ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 3, 4)));
    // A message that does not say so waits for what is missing, as ever.
    EXPECT_THAT(commit({events({event(1, 9)})}).acks, ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 3, 4), GapOf(1, 7, 8)));
    EXPECT_THAT(commit({from_oldest({event(1, 12)})}).acks, ElementsAre(Through("speaker", 1, 12)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 3, 4), GapOf(1, 7, 8), GapOf(1, 10, 11)));
    EXPECT_THAT(store().gaps("speaker"), SizeIs(3));
    EXPECT_THAT(store().gaps("other"), IsEmpty());
}

TEST_F(StoreTest, WhatWasHeldUpAndComesAllTheSameIsStoredOnce) {
    commit({from_oldest({event(1, 6)})});
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 1, 5)));
    const auto late = commit({events({event(1, 3)})});
    EXPECT_THAT(late.new_events, SizeIs(1));
    EXPECT_THAT(late.acks, ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 1, 2), GapOf(1, 4, 5)));
    EXPECT_THAT(commit({events({event(1, 3)})}).new_events, IsEmpty());
    EXPECT_THAT(commit({events({event(1, 3, 999)})}).acks, IsEmpty()) << "another under its name";
    EXPECT_EQ(store().device("speaker")->events, 2U);
}

TEST_F(StoreTest, WhatWasForgottenIsNotStoredAgainAndTheSumsStay) {
    commit({events({event(1, 1), event(1, 2), event(1, 5)})});
    EXPECT_EQ(store().forget_before(kNoon, 100), 0U) << "none is so old";
    EXPECT_EQ(store().forget_before(kNoon + 1, 1), 1U) << "no more than was asked";
    EXPECT_EQ(store().forget_before(kNoon + 1, 100), 1U);
    EXPECT_THAT(store().events({}), SizeIs(1)) << "the one beyond the gap is needed";
    EXPECT_THAT(store().gaps({}), ElementsAre(GapOf(1, 3, 4)));
    const auto again = commit({events({event(1, 1), event(1, 2)})});
    EXPECT_THAT(again.new_events, IsEmpty());
    EXPECT_THAT(again.acks, ElementsAre(Through("speaker", 1, 2)));
    EXPECT_EQ(store().device("speaker")->events, 3U);
    EXPECT_EQ(store().rollups({"fleet", Span::day, 0, kNoon * 2}).front().events, 3U);
}

TEST_F(StoreTest, GapsOfOneDeviceOnly) {
    commit({events({event(1, 2)}, "a"), events({event(4, 3)}, "b")});
    EXPECT_THAT(store().gaps("b"), ElementsAre(GapOf(4, 1, 2)));
    EXPECT_THAT(store().gaps("c"), IsEmpty());
}

TEST_F(StoreTest, OneMessageMayAcknowledgeSeveralBoots) {
    const auto committed = commit({events({event(2, 1), event(1, 1), event(1, 2)})});
    EXPECT_THAT(committed.acks, ElementsAre(Through("speaker", 1, 2), Through("speaker", 2, 1)));
}

TEST_F(StoreTest, TheSameNumbersOfTwoDevicesAreTwoEvents) {
    commit({events({event(1, 1)}, "a"), events({event(1, 1)}, "b")});
    EXPECT_THAT(store().events({}), SizeIs(2));
    EXPECT_THAT(store().events({"b", {}, {}, 100}), SizeIs(1));
}

TEST_F(StoreTest, AnotherEventUnderAKnownNameIsNotAcknowledged) {
    commit({events({event(1, 1)})});
    EventRecord other = event(1, 1);
    other.label = "anomaly";
    const auto committed = commit({events({other})});
    EXPECT_THAT(committed.acks, IsEmpty());
    EXPECT_THAT(committed.warnings, ElementsAre(HasSubstr("stored with another content")));
    EXPECT_EQ(store().device("speaker")->rejected, 1u);
    EXPECT_EQ(store().events({}).at(0).event.label, "alexa");
}

TEST_F(StoreTest, CountersAreTotalsOverBoots) {
    commit({report(1, 1000, 10'000), report(1, 2000, 50'000)});
    commit({report(1, 1500, 20'000)});  // overtaken: counters of a boot only grow
    commit({report(2, 500, 7'000)});
    const auto device = store().device("speaker");
    ASSERT_TRUE(device);
    EXPECT_EQ(device->bytes_sensed, 57'000u);
    EXPECT_EQ(device->bytes_sent, 570u);
    EXPECT_EQ(device->bytes_gate, 57u);
    EXPECT_EQ(device->inferences, 5'700u);
    EXPECT_EQ(device->gate_openings, 2u);
    EXPECT_EQ(device->overruns, 2u);
    EXPECT_EQ(device->events_lost, 4u);
    EXPECT_EQ(device->boot, 2u);
    EXPECT_EQ(device->outbox, 3u);
    EXPECT_EQ(device->score_permille, 512u);
    commit({report(1, 100, 1'000, "motor")});
    EXPECT_EQ(store().summary().bytes_sensed, 58'000u);
    EXPECT_EQ(store().summary().devices, 2u);
}

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

TEST_F(StoreTest, StatusTellsWhatRunsAndTheLastWillOnlyThatItEnded) {
    StatusRecord status;
    status.online = true;
    status.application = "wake_word";
    status.bundle_version = "1.2.3";
    status.bundle_digest = {0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 0xff};
    status.boot = 7;
    status.ram_bytes = 20'000;
    status.flash_bytes = 60'000;
    status.instructions = 1'000'000;
    status.firmware_version = "0.1.0";
    status.rate_hz = 16'000;
    commit({{"speaker", kNoon, status}});
    commit({{"speaker", kNoon + 5, StatusRecord{}}});
    const auto device = store().device("speaker");
    ASSERT_TRUE(device);
    EXPECT_FALSE(device->online);
    EXPECT_EQ(device->application, "wake_word");
    EXPECT_EQ(device->bundle_version, "1.2.3");
    EXPECT_EQ(device->bundle_digest, "deadbeef000102ff");
    EXPECT_EQ(device->boot, 7u);
    EXPECT_EQ(device->ram_bytes, 20'000u);
    EXPECT_EQ(device->flash_bytes, 60'000u);
    EXPECT_EQ(device->instructions, 1'000'000u);
    EXPECT_EQ(device->firmware, "0.1.0");
    EXPECT_EQ(device->rate_hz, 16'000u);
    EXPECT_EQ(device->last_seen_ms, kNoon + 5);
}

TEST_F(StoreTest, AFaultLastsUntilTheDeviceDecidesAgain) {
    StatusRecord status;
    status.online = true;
    status.fault = "bundle: bad signature";
    commit({{"speaker", kNoon, status}});
    commit({{"speaker", kNoon, StatusRecord{}}});
    EXPECT_EQ(store().device("speaker")->fault, "bundle: bad signature");
    status.fault.reset();
    commit({{"speaker", kNoon, status}});
    EXPECT_EQ(store().device("speaker")->fault, "");
}

TEST_F(StoreTest, ARetainedStatusDoesNotMeanThatTheDeviceWasHeardNow) {
    StatusRecord status;
    status.online = true;
    commit({{"speaker", kNoon, status}});
    status.retained = true;
    commit({{"speaker", kNoon + 1000, status}});
    EXPECT_EQ(store().device("speaker")->last_seen_ms, kNoon);
    EXPECT_TRUE(store().device("speaker")->online);
    EXPECT_THAT(store().mark_all_offline(), ElementsAre("speaker"));
    EXPECT_THAT(store().mark_all_offline(), IsEmpty());
    EXPECT_FALSE(store().device("speaker")->online);
}

TEST_F(StoreTest, PagesOfEvents) {
    std::vector<EventRecord> records;
    for (uint32_t sequence = 1; sequence <= 10; ++sequence) records.push_back(event(1, sequence));
    commit({events(records)});
    const auto ids = [this](const EventQuery& query) {
        std::vector<int64_t> found;
        for (const StoredEvent& stored : store().events(query)) found.push_back(stored.id);
        return found;
    };
    EXPECT_THAT(ids({{}, {}, {}, 3}), ElementsAre(8, 9, 10));
    EXPECT_THAT(ids({{}, {}, 8, 3}), ElementsAre(5, 6, 7));
    EXPECT_THAT(ids({{}, 4, {}, 3}), ElementsAre(5, 6, 7));
    EXPECT_THAT(ids({{}, 4, 6, 3}), ElementsAre(5));
    EXPECT_THAT(ids({"other", {}, {}, 3}), IsEmpty());
}

TEST_F(StoreTest, PagesOfDevicesInTheOrderOfTheirIds) {
    using Condition = DeviceQuery::Condition;
    StatusRecord online;
    online.online = true;
    online.bundle_version = "1.0.0";
    StatusRecord faulty = online;
    faulty.fault = "no sensor";
    faulty.bundle_version = "2.0.0";
    commit({{"pump-2", kNoon, online},
            {"Pump-1", kNoon, StatusRecord{}},
            {"fan-1", kNoon, faulty},
            {"pump-10", kNoon, online}});
    const auto ids = [this](const DeviceQuery& query) {
        std::vector<std::string> found;
        for (const DeviceRow& row : store().devices(query)) found.push_back(row.id);
        return found;
    };
    EXPECT_THAT(ids({}), ElementsAre("Pump-1", "fan-1", "pump-10", "pump-2"));
    EXPECT_THAT(ids({"", "", Condition::any, 2}), ElementsAre("Pump-1", "fan-1"));
    EXPECT_THAT(ids({"fan-1", "", Condition::any, 2}), ElementsAre("pump-10", "pump-2"));
    EXPECT_THAT(ids({"pump-2", "", Condition::any, 2}), IsEmpty());
    EXPECT_THAT(ids({"", "ump-1", Condition::any, 9}), ElementsAre("Pump-1", "pump-10"));
    EXPECT_THAT(ids({"", "%", Condition::any, 9}), IsEmpty());
    EXPECT_THAT(ids({"", "", Condition::offline, 9}), ElementsAre("Pump-1"));
    EXPECT_THAT(ids({"", "pump", Condition::online, 9}), ElementsAre("pump-10", "pump-2"));
    EXPECT_THAT(ids({"", "", Condition::fault, 9}), ElementsAre("fan-1"));
    const auto versions = store().versions();
    ASSERT_THAT(versions, SizeIs(2));
    EXPECT_EQ(versions[0].devices, 2U);
    EXPECT_EQ(versions[1].version, "2.0.0");
    EXPECT_EQ(versions[1].faults, 1U);
}

TEST_F(StoreTest, GateOpeningsAreCompleteWhenNothingIsMissing) {
    const auto chunk = [](uint32_t opening, uint64_t first, bool last) {
        return Message{"speaker", kNoon,
                       GateRecord{1, opening, first, std::string(640, 'x'), last}};
    };
    commit({chunk(1, 1000, false), chunk(1, 1320, false), chunk(1, 1640, true)});
    commit({chunk(1, 1320, false)});                        // again
    commit({chunk(2, 5000, false), chunk(2, 5640, true)});  // the middle is missing
    commit({chunk(3, 9000, false)});                        // the end is missing
    commit({chunk(4, 9000, true)});
    const auto gate = store().gate({});
    ASSERT_THAT(gate, SizeIs(4));
    EXPECT_EQ(gate[0].bytes, 1920u);
    EXPECT_EQ(gate[0].first_sample, 1000u);
    EXPECT_TRUE(gate[0].complete);
    EXPECT_EQ(gate[1].bytes, 1280u);
    EXPECT_FALSE(gate[1].complete);
    EXPECT_FALSE(gate[2].complete);
    EXPECT_TRUE(gate[3].complete);
    EXPECT_THAT(store().gate("motor"), IsEmpty());
}

TEST_F(StoreTest, RejectedMessagesAreCounted) {
    commit({{"speaker", kNoon, RejectedMessage{}}, {"speaker", kNoon, RejectedMessage{}}});
    EXPECT_EQ(store().device("speaker")->rejected, 2u);
    EXPECT_EQ(store().device("speaker")->events, 0u);
}

Message device_report(const std::string& device, int64_t received_ms, uint64_t clock_ms,
                      uint64_t sensed, uint16_t score) {
    ReportRecord record;
    record.boot = 1;
    record.clock_ms = clock_ms;
    record.bytes_sensed = sensed;
    record.score_permille = score;
    return {device, received_ms, record};
}

TEST_F(StoreTest, RollupsAddUpByTimeAndByWhatDevicesShare) {
    constexpr auto hour = static_cast<int64_t>(Span::hour);
    constexpr int64_t first = kNoon - kNoon % hour;
    store().set_attributes("a", {{"site", "north"}});
    store().set_attributes("b", {{"site", "north"}, {"line", "1"}});
    commit({device_report("a", first + 1, 1, 1000, 100), device_report("b", first + 2, 1, 500, 990),
            device_report("a", first + hour, hour, 1500, 200)});
    // A decision of the first hour that comes an hour late counts where it belongs.
    commit(
        {events_at(first + hour + 5, hour + 5, 1, {event(1, 1, 5), event(1, 2, hour + 5)}, "a")});

    const auto north = store().rollups({"site:north", Span::hour, 0, first + 10 * hour});
    ASSERT_THAT(north, SizeIs(2));
    EXPECT_EQ(north[0].start_ms, first);
    EXPECT_EQ(north[0].reports, 2U);
    EXPECT_EQ(north[0].bytes_sensed, 1500U);
    EXPECT_EQ(north[0].score_sum, 1090U);
    EXPECT_EQ(north[0].score_most, 990U);
    EXPECT_EQ(north[0].scores[0], 1U);
    EXPECT_EQ(north[0].scores[7], 1U);
    EXPECT_EQ(north[0].alerts, 1U);
    EXPECT_EQ(north[1].bytes_sensed, 500U) << "counters are growth";
    EXPECT_EQ(north[1].alerts, 1U);
    EXPECT_THAT(store().rollups({"line:1", Span::minute, 0, first + hour}), SizeIs(1));
    EXPECT_THAT(store().rollups({"device:a", Span::hour, first + hour, first + 2 * hour}),
                SizeIs(1));
    EXPECT_EQ(store().rollups({"fleet", Span::day, 0, first + 30 * hour}).front().events, 2U);
    EXPECT_THAT(store().rollups({"site:south", Span::day, 0, first + 30 * hour}), IsEmpty());
}

TEST_F(StoreTest, AttributesReplaceThoseBefore) {
    store().set_attributes("pump-7", {{"site", "north"}, {"batch", "B7"}});
    store().set_attributes("pump-7", {{"site", "south"}});
    EXPECT_EQ(store().attributes(),
              (std::map<std::string, Attributes>{{"pump-7", {{"site", "south"}}}}));
    EXPECT_TRUE(store().device("pump-7")) << "known from now on";
}

TEST_F(StoreTest, PlacesAreTheLinesOfSites) {
    StatusRecord status;
    status.online = true;
    commit({{"a", kNoon, status}, {"b", kNoon, status}});
    status.fault = "no sensor";
    commit({{"c", kNoon, status}, {"nowhere", kNoon, status}});
    store().set_attributes("a", {{"site", "south"}, {"line", "1"}});
    store().set_attributes("b", {{"site", "north"}, {"batch", "B7"}});
    store().set_attributes("c", {{"site", "south"}, {"line", "1"}});
    store().set_attributes("d", {{"site", "south"}, {"line", "2"}});
    const auto places = store().places();
    ASSERT_EQ(places.size(), 3U);
    EXPECT_EQ(places[0].site, "north");
    EXPECT_EQ(places[0].line, "");
    EXPECT_EQ(places[1].line, "1");
    EXPECT_EQ(places[1].devices, 2U);
    EXPECT_EQ(places[1].online, 2U);
    EXPECT_EQ(places[1].faults, 1U);
    EXPECT_EQ(places[2].devices, 1U);
    EXPECT_EQ(places[2].online, 0U);
}

TEST_F(StoreTest, GoesOnWhereItWasWhenOpenedAgain) {
    commit({events({event(1, 1), event(1, 2)})});
    const auto again = under_test_->open();
    EXPECT_THAT(again->commit(std::vector{events({event(1, 2), event(1, 3)})}).acks,
                ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(again->events({}), SizeIs(3));
}

}  // namespace
}  // namespace ganglion::fleet
