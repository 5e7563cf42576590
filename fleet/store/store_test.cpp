#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "fleet/testing/store_fixture.hpp"
#include "fleet/testing/store_messages.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using testing::GapOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNoon;
using ::testing::SizeIs;
using testing::StoreTest;
using testing::Through;

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

TEST_F(StoreTest, GoesOnWhereItWasWhenOpenedAgain) {
    commit({events({event(1, 1), event(1, 2)})});
    const auto again = under_test_->open();
    EXPECT_THAT(again->commit(std::vector{events({event(1, 2), event(1, 3)})}).acks,
                ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(again->events({}), SizeIs(3));
}

}  // namespace
}  // namespace ganglion::fleet
