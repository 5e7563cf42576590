#include "fleet/store/postgres_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <set>
#include <stop_token>
#include <thread>

#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/wait.hpp"

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
using testing::PostgresCluster;
using testing::report;
using ::testing::SizeIs;
using testing::Through;
using ::testing::ThrowsMessage;

constexpr auto kDay = static_cast<int64_t>(Span::day);

class PgStoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
        uri_ = PostgresCluster::shared().new_database();
    }

    std::string uri_;
};

std::vector<Message> batch_from(const std::string& device, uint32_t first) {
    std::vector<EventRecord> records;
    for (uint32_t sequence = first; sequence < first + 5; ++sequence)
        records.push_back(event(1, sequence));
    return {events(std::move(records), device)};
}

/// Commits until it works.
Committed commit_at_last(Store& store, const std::vector<Message>& messages) {
    for (;;) {
        try {
            return store.commit(messages);
        } catch (const StoreError&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

TEST_F(PgStoreTest, SeveralServersStoreWhatTheyShareOnceAndInOneOrder) {
    constexpr uint32_t servers = 3;
    constexpr uint32_t last = 300;
    std::atomic<uint32_t> told{0};
    std::vector<std::jthread> threads;
    for (uint32_t server = 0; server < servers; ++server) {
        threads.emplace_back([&, server] {
            PgStore store(uri_, "server-" + std::to_string(server));
            // All hear of "shared", as when a message comes twice by two ways.
            for (uint32_t first = 1; first <= last; first += 5) {
                std::vector<Message> messages = batch_from("own-" + std::to_string(server), first);
                messages.push_back(batch_from("shared", first).front());
                told += static_cast<uint32_t>(commit_at_last(store, messages).new_events.size());
            }
        });
    }
    // Who follows by the last id that it has seen misses none.
    PgStore reader(uri_, "reader");
    std::set<std::tuple<std::string, uint32_t>> seen;
    int64_t after = 0;
    const bool all = testing::eventually([&] {
        for (const StoredEvent& stored : reader.events({{}, after, {}, 1000})) {
            EXPECT_TRUE(seen.emplace(stored.device, stored.event.sequence).second);
            after = stored.id;
        }
        return seen.size() == (servers + 1) * last;
    });
    threads.clear();
    EXPECT_TRUE(all) << seen.size();
    EXPECT_EQ(told, (servers + 1) * last);
    EXPECT_EQ(reader.summary().events, (servers + 1) * last);
    EXPECT_EQ(reader.device("shared")->events, last);
    EXPECT_THAT(reader.gaps({}), IsEmpty());
}

TEST_F(PgStoreTest, AServerKnowsWhatAnotherHasWrittenSince) {
    PgStore one(uri_, "one");
    PgStore other(uri_, "other");
    EXPECT_THAT(one.commit(batch_from("pump", 1)).acks, ElementsAre(Through("pump", 1, 5)));
    EXPECT_THAT(other.commit(std::vector{events({event(1, 9)}, "pump")}).acks,
                ElementsAre(Through("pump", 1, 5)));
    const auto filled = one.commit(std::vector{events({event(1, 6), event(1, 8)}, "pump")});
    EXPECT_THAT(filled.acks, ElementsAre(Through("pump", 1, 6)));
    EXPECT_THAT(other.gaps({}), ElementsAre(GapOf(1, 7, 7)));
    EXPECT_THAT(other.commit(std::vector{events({event(1, 7)}, "pump")}).acks,
                ElementsAre(Through("pump", 1, 9)));
    one.set_attributes("pump", {{"site", "north"}});
    other.commit(std::vector{events({event(1, 10)}, "pump")});
    EXPECT_THAT(one.rollups({"site:north", Span::day, 0, 2 * kNoon}), SizeIs(1));
}

TEST_F(PgStoreTest, AServersFreshConnectionSaysNothingOfTheDevicesOfOthers) {
    PgStore north(uri_, "north");
    PgStore south(uri_, "south");
    StatusRecord online;
    online.online = true;
    north.commit(std::vector<Message>{{"a", kNoon, online}, {"b", kNoon, online}});
    south.commit(std::vector<Message>{{"b", kNoon, online}});
    EXPECT_THAT(north.mark_all_offline(), ElementsAre("a"));
    EXPECT_TRUE(north.device("b")->online);
    EXPECT_THAT(south.mark_all_offline(), ElementsAre("b"));
}

TEST_F(PgStoreTest, WholeDaysAreForgottenAtOnceAndNotStoredAgain) {
    PgStore store(uri_, "server");
    for (uint32_t day = 0; day < 4; ++day) {
        store.commit(std::vector{events_at(kNoon + day * kDay, 1000, 1,
                                           {event(1, 2 * day + 1), event(1, 2 * day + 2)})});
    }
    EXPECT_EQ(store.forget_before(kNoon + 2 * kDay, 1), 4U);
    EXPECT_THAT(store.events({}), SizeIs(4));
    EXPECT_THAT(store.events({"speaker", {}, {}, 100}), SizeIs(4));
    const auto again = store.commit(std::vector{events({event(1, 1), event(1, 2)})});
    EXPECT_THAT(again.new_events, IsEmpty());
    EXPECT_THAT(again.acks, ElementsAre(Through("speaker", 1, 8)));
    EXPECT_EQ(store.rollups({"fleet", Span::day, 0, 2 * kNoon}).size(), 4U);
}

TEST_F(PgStoreTest, TheDatabaseMayBeKilledAtAnyMoment) {
    PgStore store(uri_, "server");
    std::atomic<uint32_t> acknowledged{0};
    std::jthread writer([&](const std::stop_token& end) {
        for (uint32_t first = 1; !end.stop_requested(); first += 5)
            acknowledged = commit_at_last(store, batch_from("pump", first)).acks.at(0).sequence;
    });
    for (int round = 0; round < 3; ++round) {
        const uint32_t before = acknowledged;
        EXPECT_TRUE(testing::eventually([&] { return acknowledged > before + 50; }));
        PostgresCluster::shared().kill_and_restart();
    }
    const uint32_t before = acknowledged;
    EXPECT_TRUE(testing::eventually([&] { return acknowledged > before + 50; }));
    writer.request_stop();
    writer.join();
    EXPECT_EQ(store.device("pump")->events, acknowledged);
    EXPECT_THAT(store.gaps({}), IsEmpty());
    EXPECT_EQ(store.events({{}, 0, {}, 1'000'000}).size(), acknowledged);
}

/// Commits batch after batch and writes what was acknowledged into the pipe, until killed.
[[noreturn]] void write_until_killed(const std::string& uri, uint32_t first, int pipe_end) {
    PgStore store(uri, "child");
    for (;; first += 5) {
        const uint32_t through = store.commit(batch_from("pump", first)).acks.at(0).sequence;
        if (::write(pipe_end, &through, sizeof through) != sizeof through) ::_exit(1);
    }
}

TEST_F(PgStoreTest, AServerMayBeKilledAtAnyMomentAndAnotherGoesOn) {
    uint32_t acknowledged = 0;
    PgStore other(uri_, "other");
    for (int round = 0; round < 5; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_until_killed(uri_, acknowledged + 1, ends[1]);
        ::close(ends[1]);
        const uint32_t at_least = acknowledged + 50;
        while (acknowledged<at_least&& ::read(ends[0], &acknowledged, sizeof acknowledged)> 0) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
        ::kill(child, SIGKILL);
        while (::read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";

        const auto committed = other.commit(batch_from("pump", 1));
        EXPECT_GE(committed.acks.at(0).sequence, acknowledged);
        EXPECT_EQ(committed.acks.at(0).sequence % 5, 0U) << "half a batch";
        acknowledged = committed.acks.at(0).sequence;
        EXPECT_EQ(other.device("pump")->events, acknowledged);
    }
    EXPECT_EQ(other.events({{}, 0, {}, 1'000'000}).size(), acknowledged);
}

TEST_F(PgStoreTest, RefusesDatabasesThatItCannotUse) {
    { const PgStore makes_it(uri_, "server"); }
    PgConnection connection(uri_, "");
    connection.run("UPDATE ganglion.meta SET schema_version = 99");
    EXPECT_THAT([&] { PgStore store(uri_, "server"); },
                ThrowsMessage<StoreError>(HasSubstr("later version")));
    EXPECT_THAT([] { PgStore store("postgresql:///fleet?host=/nowhere", "server"); },
                ThrowsMessage<StoreError>(HasSubstr("/nowhere")));
    EXPECT_THAT([] { PgStore store("postgresql:///fleet?nonsense=1", "server"); },
                ThrowsMessage<StoreError>(HasSubstr("nonsense")));
}

/// What was another in the schema of version 1, with events of a device that has a gap.
constexpr const char* kVersion1 = R"sql(
SET search_path = ganglion;
DROP TABLE events, runs, rollup_changes, versions, jumps;
ALTER TABLE meta DROP COLUMN unfolded, DROP COLUMN devices, DROP COLUMN online, DROP COLUMN events,
    DROP COLUMN bytes_sensed, DROP COLUMN bytes_sent, DROP COLUMN bytes_gate,
    DROP COLUMN gate_openings, DROP COLUMN inferences;
CREATE TABLE events (id bigint NOT NULL, received_ms bigint NOT NULL, device bigint NOT NULL,
    boot bigint NOT NULL, sequence bigint NOT NULL, clock_ms bigint NOT NULL,
    time_ms bigint NOT NULL, uncertainty_ms bigint NOT NULL, sample bigint NOT NULL,
    stop_samples bigint, stop_instructions bigint, kind smallint NOT NULL, score smallint NOT NULL,
    label text COLLATE "C" NOT NULL) PARTITION BY RANGE (received_ms);
CREATE INDEX events_by_id ON events (id);
CREATE TABLE events_19675 PARTITION OF events
    FOR VALUES FROM (1699920000000) TO (1700006400000);
CREATE TABLE runs (device bigint NOT NULL, boot bigint NOT NULL, first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL, first_id bigint NOT NULL, last_id bigint NOT NULL,
    received_ms bigint NOT NULL);
CREATE INDEX runs_by_sequence ON runs (device, boot, last_sequence);
CREATE INDEX runs_by_id ON runs (device, last_id);
CREATE INDEX runs_by_time ON runs USING brin (received_ms) WITH (autosummarize = on);
INSERT INTO events VALUES
    (1, 1700000000000, 1, 1, 1, 1000, 1699999999000, 7, 320, NULL, NULL, 0, 900, 'alexa'),
    (2, 1700000000000, 1, 1, 2, 2000, 1700000000000, 0, 640, 3, 44, 2, 901, 'stop'),
    (3, 1700000000000, 1, 1, 5, 1000, 1700000000000, 0, 1600, NULL, NULL, 0, 900, 'alexa');
INSERT INTO runs VALUES (1, 1, 1, 2, 1, 2, 1700000000000), (1, 1, 5, 5, 3, 3, 1700000000000);
INSERT INTO devices (number, id, online, events) VALUES (1, 'speaker', 1, 3);
INSERT INTO boots (device, boot, through, ahead, bytes_sent) VALUES (1, 1, 2, 1, 77);
INSERT INTO ahead VALUES (1, 1, 5);
UPDATE meta SET schema_version = 1, next_id = 4;
)sql";

TEST_F(PgStoreTest, ADatabaseOfAnEarlierVersionIsBroughtToThisOne) {
    { const PgStore makes_it(uri_, "server"); }
    PgConnection(uri_, "").run(kVersion1);
    PgStore store(uri_, "server");
    const auto stored = store.events({});
    ASSERT_THAT(stored, SizeIs(3));
    EXPECT_EQ(stored[0].time_ms, kNoon - 1000);
    EXPECT_EQ(stored[0].uncertainty_ms, 7);
    EXPECT_EQ(stored[1].id, 2);
    EXPECT_EQ(stored[1].event.label, "stop");
    EXPECT_EQ(stored[1].event.stop_instructions, 44U);
    EXPECT_EQ(stored[1].event.clock_ms, 2000U);
    EXPECT_EQ(stored[2].event.sequence, 5U);
    EXPECT_THAT(store.events({"speaker", {}, {}, 2}), SizeIs(2));
    EXPECT_EQ(store.summary().events, 3U);
    EXPECT_EQ(store.summary().online, 1U);
    EXPECT_EQ(store.summary().bytes_sent, 77U);
    const auto more = store.commit(std::vector{events({event(1, 1), event(1, 3), event(1, 5)})});
    EXPECT_THAT(more.new_events, SizeIs(1));
    EXPECT_EQ(more.new_events.at(0).id, 4);
    EXPECT_THAT(more.acks, ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(store.gaps({}), ElementsAre(GapOf(1, 4, 4)));
}

TEST_F(PgStoreTest, SumsOfDevicesAreThereBeforeAndAfterTheyAreFolded) {
    PgStore store(uri_, "server");
    // Each commit counts as 50 and more until 40,000 are folded, twice here.
    constexpr uint32_t commits = 1700;
    const RollupQuery days{"device:speaker", Span::day, 0, 2 * kNoon};
    for (uint32_t i = 1; i <= commits; ++i) {
        store.commit(std::vector{events({event(1, i)}), report(1, i, uint64_t{i} * 10, "meter")});
        if (i % 100 != 0) continue;
        ASSERT_THAT(store.rollups(days), SizeIs(1));
        EXPECT_EQ(store.rollups(days)[0].events, i);
        RollupQuery hours = days;
        hours.span = Span::hour;
        const auto all = store.device_rollups(hours);
        EXPECT_EQ(all.at("speaker").at(0).events, i);
        EXPECT_EQ(all.at("meter").at(0).bytes_sensed, uint64_t{i} * 10);
        EXPECT_EQ(all.at("meter").at(0).reports, i);
    }
    const PgResult left =
        PgConnection(uri_, "").run("SELECT count(*) FROM ganglion.rollup_changes", PgValues());
    EXPECT_LT(left.integer(0, 0), 40'000 / 50);
    EXPECT_GT(left.integer(0, 0), 0);
}

TEST_F(PgStoreTest, TextMayHoldWhatArraysAndStatementsAreMadeOf) {
    PgStore store(uri_, "server");
    const std::string odd = "a\"b\\c,{}'NULL\n$1 é";
    EventRecord record = event(1, 1);
    record.label = odd;
    StatusRecord status;
    status.online = true;
    status.application = odd;
    status.fault = "NULL";
    store.commit(std::vector<Message>{events({record}), {"speaker", kNoon, status}});
    store.set_attributes("speaker", {{"site", odd}});
    EXPECT_EQ(store.events({}).at(0).event.label, odd);
    EXPECT_EQ(store.device("speaker")->application, odd);
    EXPECT_EQ(store.device("speaker")->fault, "NULL");
    EXPECT_EQ(store.attributes().at("speaker").at("site"), odd);
}

}  // namespace
}  // namespace ganglion::fleet
