#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fleet/base/clock.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryDirectory;
using ::testing::ThrowsMessage;

constexpr int64_t kNoon = 1'700'000'000'000;

EventRecord event(uint32_t boot, uint32_t sequence, uint64_t clock_ms = 1000) {
    EventRecord record;
    record.boot = boot;
    record.sequence = sequence;
    record.clock_ms = clock_ms;
    record.label = "alexa";
    record.score_permille = 900;
    record.sample = uint64_t{sequence} * 320;
    return record;
}

Message events_at(int64_t received_ms, uint64_t clock_ms, uint32_t boot,
                  std::vector<EventRecord> events, const std::string& device = "speaker") {
    return {device, received_ms, EventsMessage{clock_ms, boot, std::move(events)}};
}

Message events(std::vector<EventRecord> records, const std::string& device = "speaker") {
    const uint32_t boot = records.front().boot;
    return events_at(kNoon, 1000, boot, std::move(records), device);
}

Message report(uint32_t boot, uint64_t clock_ms, uint64_t sensed,
               const std::string& device = "speaker") {
    ReportRecord record;
    record.boot = boot;
    record.clock_ms = clock_ms;
    record.bytes_sensed = sensed;
    record.bytes_sent = sensed / 100;
    record.bytes_gate = sensed / 1000;
    record.gate_openings = 1;
    record.inferences = sensed / 10;
    record.instructions = 4000;
    record.outbox = 3;
    record.overruns = 1;
    record.score_permille = 512;
    record.events_lost = 2;
    return {device, kNoon, record};
}

MATCHER_P3(Through, device, boot, sequence, "") {
    return arg.device == device && arg.boot == static_cast<uint32_t>(boot) &&
           arg.sequence == static_cast<uint32_t>(sequence);
}
MATCHER_P3(GapOf, boot, first, last, "") {
    return arg.boot == static_cast<uint32_t>(boot) && arg.first == static_cast<uint32_t>(first) &&
           arg.last == static_cast<uint32_t>(last);
}

class StoreTest : public ::testing::Test {
  protected:
    Committed commit(std::vector<Message> messages) { return store_.commit(messages); }
    std::filesystem::path file() const { return directory_.path() / "fleet.db"; }

    TemporaryDirectory directory_;
    SqliteStore store_{file()};
};

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
    EXPECT_THAT(store_.events({}), SizeIs(3));
    EXPECT_EQ(store_.device("speaker")->events, 3u);
}

TEST_F(StoreTest, AcknowledgesOnlyUpToTheFirstGap) {
    EXPECT_THAT(commit({events({event(1, 2), event(1, 3), event(1, 7)})}).acks,
                ElementsAre(Through("speaker", 1, 0)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 1, 1), GapOf(1, 4, 6)));
    EXPECT_THAT(commit({events({event(1, 1)})}).acks, ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 4, 6)));
    EXPECT_THAT(commit({events({event(1, 6), event(1, 5), event(1, 4)})}).acks,
                ElementsAre(Through("speaker", 1, 7)));
    EXPECT_THAT(store_.gaps({}), IsEmpty());
}

Message from_oldest(std::vector<EventRecord> records) {
    Message message = events(std::move(records));
    std::get<EventsMessage>(message.content).from_oldest = true;
    return message;
}

TEST_F(StoreTest, WhatADeviceHasLostIsInTheLedgerAndHoldsNothingUp) {
    EXPECT_THAT(commit({from_oldest({event(1, 1), event(1, 2)})}).acks,
                ElementsAre(Through("speaker", 1, 2)));
    EXPECT_THAT(store_.gaps({}), IsEmpty());
    EXPECT_THAT(commit({from_oldest({event(1, 5), event(1, 6)})}).acks,
                ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 3, 4)));
    // A message that does not say so waits for what is missing, as ever.
    EXPECT_THAT(commit({events({event(1, 9)})}).acks, ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 3, 4), GapOf(1, 7, 8)));
    EXPECT_THAT(commit({from_oldest({event(1, 12)})}).acks, ElementsAre(Through("speaker", 1, 12)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 3, 4), GapOf(1, 7, 8), GapOf(1, 10, 11)));
    EXPECT_THAT(store_.gaps("speaker"), SizeIs(3));
    EXPECT_THAT(store_.gaps("other"), IsEmpty());
}

TEST_F(StoreTest, WhatWasHeldUpAndComesAllTheSameIsStoredOnce) {
    commit({from_oldest({event(1, 6)})});
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 1, 5)));
    const auto late = commit({events({event(1, 3)})});
    EXPECT_THAT(late.new_events, SizeIs(1));
    EXPECT_THAT(late.acks, ElementsAre(Through("speaker", 1, 6)));
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 1, 2), GapOf(1, 4, 5)));
    EXPECT_THAT(commit({events({event(1, 3)})}).new_events, IsEmpty());
    EXPECT_THAT(commit({events({event(1, 3, 999)})}).acks, IsEmpty()) << "another under its name";
    EXPECT_EQ(store_.device("speaker")->events, 2U);
}

TEST_F(StoreTest, WhatWasForgottenIsNotStoredAgainAndTheSumsStay) {
    commit({events({event(1, 1), event(1, 2), event(1, 5)})});
    EXPECT_EQ(store_.forget_before(kNoon, 100), 0U) << "none is so old";
    EXPECT_EQ(store_.forget_before(kNoon + 1, 1), 1U) << "no more than was asked";
    EXPECT_EQ(store_.forget_before(kNoon + 1, 100), 1U);
    EXPECT_THAT(store_.events({}), SizeIs(1)) << "the one beyond the gap is needed";
    EXPECT_THAT(store_.gaps({}), ElementsAre(GapOf(1, 3, 4)));
    const auto again = commit({events({event(1, 1), event(1, 2)})});
    EXPECT_THAT(again.new_events, IsEmpty());
    EXPECT_THAT(again.acks, ElementsAre(Through("speaker", 1, 2)));
    EXPECT_EQ(store_.device("speaker")->events, 3U);
    EXPECT_EQ(store_.rollups({"fleet", Span::day, 0, kNoon * 2}).front().events, 3U);
}

TEST_F(StoreTest, GapsOfOneDeviceOnly) {
    commit({events({event(1, 2)}, "a"), events({event(4, 3)}, "b")});
    EXPECT_THAT(store_.gaps("b"), ElementsAre(GapOf(4, 1, 2)));
    EXPECT_THAT(store_.gaps("c"), IsEmpty());
}

TEST_F(StoreTest, OneMessageMayAcknowledgeSeveralBoots) {
    const auto committed = commit({events({event(2, 1), event(1, 1), event(1, 2)})});
    EXPECT_THAT(committed.acks, ElementsAre(Through("speaker", 1, 2), Through("speaker", 2, 1)));
}

TEST_F(StoreTest, TheSameNumbersOfTwoDevicesAreTwoEvents) {
    commit({events({event(1, 1)}, "a"), events({event(1, 1)}, "b")});
    EXPECT_THAT(store_.events({}), SizeIs(2));
    EXPECT_THAT(store_.events({"b", {}, {}, 100}), SizeIs(1));
}

TEST_F(StoreTest, AnotherEventUnderAKnownNameIsNotAcknowledged) {
    commit({events({event(1, 1)})});
    EventRecord other = event(1, 1);
    other.label = "anomaly";
    const auto committed = commit({events({other})});
    EXPECT_THAT(committed.acks, IsEmpty());
    EXPECT_THAT(committed.warnings, ElementsAre(HasSubstr("stored with another content")));
    EXPECT_EQ(store_.device("speaker")->rejected, 1u);
    EXPECT_EQ(store_.events({}).at(0).event.label, "alexa");
}

TEST_F(StoreTest, CountersAreTotalsOverBoots) {
    commit({report(1, 1000, 10'000), report(1, 2000, 50'000)});
    commit({report(1, 1500, 20'000)});  // overtaken: counters of a boot only grow
    commit({report(2, 500, 7'000)});
    const auto device = store_.device("speaker");
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
    EXPECT_EQ(store_.summary().bytes_sensed, 58'000u);
    EXPECT_EQ(store_.summary().devices, 2u);
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
    EXPECT_EQ(store_.events({}).at(0).time_ms, 0);
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
    const auto device = store_.device("speaker");
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
    EXPECT_EQ(store_.device("speaker")->fault, "bundle: bad signature");
    status.fault.reset();
    commit({{"speaker", kNoon, status}});
    EXPECT_EQ(store_.device("speaker")->fault, "");
}

TEST_F(StoreTest, ARetainedStatusDoesNotMeanThatTheDeviceWasHeardNow) {
    StatusRecord status;
    status.online = true;
    commit({{"speaker", kNoon, status}});
    status.retained = true;
    commit({{"speaker", kNoon + 1000, status}});
    EXPECT_EQ(store_.device("speaker")->last_seen_ms, kNoon);
    EXPECT_TRUE(store_.device("speaker")->online);
    EXPECT_THAT(store_.mark_all_offline(), ElementsAre("speaker"));
    EXPECT_THAT(store_.mark_all_offline(), IsEmpty());
    EXPECT_FALSE(store_.device("speaker")->online);
}

TEST_F(StoreTest, PagesOfEvents) {
    std::vector<EventRecord> records;
    for (uint32_t sequence = 1; sequence <= 10; ++sequence) records.push_back(event(1, sequence));
    commit({events(records)});
    const auto ids = [this](const EventQuery& query) {
        std::vector<int64_t> found;
        for (const StoredEvent& stored : store_.events(query)) found.push_back(stored.id);
        return found;
    };
    EXPECT_THAT(ids({{}, {}, {}, 3}), ElementsAre(8, 9, 10));
    EXPECT_THAT(ids({{}, {}, 8, 3}), ElementsAre(5, 6, 7));
    EXPECT_THAT(ids({{}, 4, {}, 3}), ElementsAre(5, 6, 7));
    EXPECT_THAT(ids({{}, 4, 6, 3}), ElementsAre(5));
    EXPECT_THAT(ids({"other", {}, {}, 3}), IsEmpty());
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
    const auto gate = store_.gate({});
    ASSERT_THAT(gate, SizeIs(4));
    EXPECT_EQ(gate[0].bytes, 1920u);
    EXPECT_EQ(gate[0].first_sample, 1000u);
    EXPECT_TRUE(gate[0].complete);
    EXPECT_EQ(gate[1].bytes, 1280u);
    EXPECT_FALSE(gate[1].complete);
    EXPECT_FALSE(gate[2].complete);
    EXPECT_TRUE(gate[3].complete);
    EXPECT_THAT(store_.gate("motor"), IsEmpty());
}

TEST_F(StoreTest, RejectedMessagesAreCounted) {
    commit({{"speaker", kNoon, RejectedMessage{}}, {"speaker", kNoon, RejectedMessage{}}});
    EXPECT_EQ(store_.device("speaker")->rejected, 2u);
    EXPECT_EQ(store_.device("speaker")->events, 0u);
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
    store_.set_attributes("a", {{"site", "north"}});
    store_.set_attributes("b", {{"site", "north"}, {"line", "1"}});
    commit({device_report("a", first + 1, 1, 1000, 100), device_report("b", first + 2, 1, 500, 990),
            device_report("a", first + hour, hour, 1500, 200)});
    // A decision of the first hour that comes an hour late counts where it belongs.
    commit(
        {events_at(first + hour + 5, hour + 5, 1, {event(1, 1, 5), event(1, 2, hour + 5)}, "a")});

    const auto north = store_.rollups({"site:north", Span::hour, 0, first + 10 * hour});
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
    EXPECT_THAT(store_.rollups({"line:1", Span::minute, 0, first + hour}), SizeIs(1));
    EXPECT_THAT(store_.rollups({"device:a", Span::hour, first + hour, first + 2 * hour}),
                SizeIs(1));
    EXPECT_EQ(store_.rollups({"fleet", Span::day, 0, first + 30 * hour}).front().events, 2U);
    EXPECT_THAT(store_.rollups({"site:south", Span::day, 0, first + 30 * hour}), IsEmpty());
}

TEST_F(StoreTest, AttributesReplaceThoseBefore) {
    store_.set_attributes("pump-7", {{"site", "north"}, {"batch", "B7"}});
    store_.set_attributes("pump-7", {{"site", "south"}});
    EXPECT_EQ(store_.attributes(),
              (std::map<std::string, Attributes>{{"pump-7", {{"site", "south"}}}}));
    EXPECT_TRUE(store_.device("pump-7")) << "known from now on";
}

TEST_F(StoreTest, GoesOnWhereItWasWhenOpenedAgain) {
    commit({events({event(1, 1), event(1, 2)})});
    SqliteStore again(file());
    EXPECT_THAT(again.commit(std::vector{events({event(1, 2), event(1, 3)})}).acks,
                ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(again.events({}), SizeIs(3));
}

TEST_F(StoreTest, WhileAnotherProcessWritesNothingIsHalfDone) {
    Database other(file());
    other.run("BEGIN IMMEDIATE");
    EXPECT_THAT([&] { commit({events({event(1, 1)})}); },
                ThrowsMessage<StoreError>(HasSubstr("locked")));
    EXPECT_THAT(store_.events({}), IsEmpty());
    other.run("COMMIT");
    EXPECT_THAT(commit({events({event(1, 1)})}).new_events, SizeIs(1));
}

TEST(Store, TakesOverAFolderOfTheVersionBefore) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "fleet.db";
    {
        Database old(file);
        old.run(R"sql(
CREATE TABLE meta (created_ms INTEGER NOT NULL);
CREATE TABLE devices (id TEXT PRIMARY KEY, application TEXT, online INTEGER, last_seen_ms INTEGER,
    boot INTEGER, bundle_version TEXT, bundle_digest TEXT, ram_bytes INTEGER, flash_bytes INTEGER,
    instructions INTEGER, firmware TEXT, fault TEXT, rate_hz INTEGER, outbox INTEGER, score INTEGER,
    events INTEGER, rejected INTEGER) WITHOUT ROWID;
CREATE TABLE boots (device TEXT, boot INTEGER, heard_ms INTEGER, offset_ms INTEGER,
    offset_at_ms INTEGER, through INTEGER, bytes_sensed INTEGER, bytes_sent INTEGER,
    bytes_gate INTEGER, gate_openings INTEGER, inferences INTEGER, overruns INTEGER,
    events_lost INTEGER, PRIMARY KEY (device, boot)) WITHOUT ROWID;
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT, boot INTEGER,
    sequence INTEGER, clock_ms INTEGER, time_ms INTEGER, uncertainty_ms INTEGER, received_ms INTEGER,
    kind INTEGER, label TEXT, score INTEGER, sample INTEGER, stop_samples INTEGER,
    stop_instructions INTEGER, UNIQUE (device, boot, sequence));
CREATE INDEX events_of_device ON events (device, id);
CREATE TABLE gate_chunks (device TEXT, boot INTEGER, opening INTEGER, first_sample INTEGER,
    last INTEGER, samples BLOB);
INSERT INTO meta VALUES (5);
INSERT INTO devices VALUES ('speaker','wake_word',1,9,2,'1.0.0','ab',1,2,3,'f','',16000,0,7,2,0);
INSERT INTO boots VALUES ('speaker',2,9,1,9,1,100,10,1,0,5,0,0);
INSERT INTO events VALUES (4,'speaker',2,1,1000,9,0,9,0,'alexa',900,320,NULL,NULL);
INSERT INTO events VALUES (5,'speaker',2,3,1000,9,0,9,0,'alexa',900,960,NULL,NULL);
PRAGMA user_version = 1;)sql");
    }
    SqliteStore store(file);
    EXPECT_THAT(store.events({}), SizeIs(2));
    EXPECT_EQ(store.device("speaker")->bytes_sensed, 100U);
    EXPECT_THAT(store.gaps({}), ElementsAre(GapOf(2, 2, 2)));
    // The boot goes on where it was: one that is stored, one that fills the gap, one that is new.
    const auto committed =
        store.commit(std::vector{events({event(2, 1), event(2, 2), event(2, 4)})});
    EXPECT_THAT(committed.new_events, SizeIs(2));
    EXPECT_THAT(committed.acks, ElementsAre(Through("speaker", 2, 4)));
    EXPECT_THAT(store.gaps({}), IsEmpty());
}

TEST(Store, RefusesFilesOfOthers) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "fleet.db";
    {
        Database later(file);
        later.run("PRAGMA user_version = 99");
    }
    EXPECT_THAT([&] { SqliteStore store(file); },
                ThrowsMessage<StoreError>(HasSubstr("later version")));
    const auto text = directory.path() / "text";
    FILE* out = std::fopen(text.c_str(), "w");
    ASSERT_NE(out, nullptr);
    std::fputs(std::string(8192, 'x').c_str(), out);
    std::fclose(out);
    EXPECT_THAT([&] { SqliteStore store(text); },
                ThrowsMessage<StoreError>(HasSubstr("not a database")));
    EXPECT_THAT([&] { SqliteStore store(directory.path() / "no" / "folder"); },
                ThrowsMessage<StoreError>(HasSubstr("cannot open")));
}

}  // namespace
}  // namespace ganglion::fleet
