#include "fleet/store/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using testing::GapOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryDirectory;
using testing::Through;
using ::testing::ThrowsMessage;

TEST(SqliteStore, WhileAnotherProcessWritesNothingIsHalfDone) {
    const TemporaryDirectory directory;
    SqliteStore store(directory.path() / "fleet.db");
    const std::vector messages{events({event(1, 1)})};
    Database other(directory.path() / "fleet.db");
    other.run("BEGIN IMMEDIATE");
    EXPECT_THAT([&] { store.commit(messages); }, ThrowsMessage<StoreError>(HasSubstr("locked")));
    EXPECT_THAT(store.events({}), IsEmpty());
    other.run("COMMIT");
    EXPECT_THAT(store.commit(messages).new_events, SizeIs(1));
}

TEST(SqliteStore, TakesOverAFolderOfTheVersionBefore) {
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

/// Back to the schema of version 4, which had a row for each event.
constexpr const char* kVersion4 = R"sql(
DROP TABLE events;
DROP TABLE versions;
DROP TABLE jumps;
DROP INDEX boots_with_gaps;
ALTER TABLE meta DROP COLUMN next_id;
CREATE TABLE events (id INTEGER PRIMARY KEY, device INTEGER NOT NULL, boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL, clock_ms INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    uncertainty_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, kind INTEGER NOT NULL,
    label TEXT NOT NULL, score INTEGER NOT NULL, sample INTEGER NOT NULL, stop_samples INTEGER,
    stop_instructions INTEGER, UNIQUE (device, boot, sequence));
CREATE INDEX events_of_device ON events (device, id);
CREATE INDEX devices_by_version ON devices (application, bundle_version, online, fault, ram_bytes,
    flash_bytes, instructions);
INSERT INTO events VALUES (4,1,1,1,1000,1699999999000,7,1700000000000,0,'alexa',900,320,NULL,NULL);
INSERT INTO events VALUES (5,1,1,2,2000,1700000000000,0,1700000000000,2,'stop',901,640,3,44);
INSERT INTO events VALUES (9,1,1,5,1000,1700000000000,0,1700000000000,0,'alexa',900,1600,NULL,NULL);
UPDATE boots SET through = 2, ahead = 1;
UPDATE devices SET application = 'guard', bundle_version = '1.0.0', online = 1, ram_bytes = 9;
PRAGMA user_version = 4;)sql";

TEST(SqliteStore, PacksTheEventsOfAVersionThatHadARowForEach) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "fleet.db";
    SqliteStore(file).commit(std::vector{testing::report(1, 1000, 100)});
    Database(file).run(kVersion4);
    SqliteStore store(file);
    const auto stored = store.events({});
    ASSERT_THAT(stored, SizeIs(3));
    EXPECT_EQ(stored[0].id, 4);
    EXPECT_EQ(stored[0].time_ms, testing::kNoon - 1000);
    EXPECT_EQ(stored[0].uncertainty_ms, 7);
    EXPECT_EQ(stored[1].event.label, "stop");
    EXPECT_EQ(stored[1].event.stop_instructions, 44U);
    EXPECT_EQ(stored[2].event.sequence, 5U);
    EXPECT_EQ(store.versions().at(0).devices, 1U);
    EXPECT_EQ(store.versions().at(0).online, 1U);
    EXPECT_EQ(store.versions().at(0).ram_bytes, 9U);
    const auto more = store.commit(std::vector{events({event(1, 1), event(1, 3), event(1, 5)})});
    ASSERT_THAT(more.new_events, SizeIs(1));
    EXPECT_EQ(more.new_events[0].id, 10);
    EXPECT_THAT(more.acks, ElementsAre(Through("speaker", 1, 3)));
    EXPECT_THAT(store.gaps({}), ElementsAre(GapOf(1, 4, 4)));
}

TEST(SqliteStore, RefusesFilesOfOthers) {
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
