#include "fleet/store/migrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/base/files.hpp"
#include "fleet/store/postgres_store.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/store_messages.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using ::testing::ElementsAre;
using testing::event;
using testing::events;
using ::testing::HasSubstr;
using testing::kNoon;
using testing::PostgresCluster;
using testing::report;
using ::testing::SizeIs;
using testing::TemporaryDirectory;
using testing::Through;
using ::testing::ThrowsMessage;

void silent(const MigratedTable&) {}

class MigrateTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresCluster::is_installed()) GTEST_SKIP() << "no PostgreSQL on this machine";
        uri_ = PostgresCluster::shared().new_database();
    }

    /// A fleet with something of everything.
    static void fill(Store& store) {
        store.set_attributes("pump", {{"site", "north"}});
        Message lost = events({event(1, 4)}, "pump");
        std::get<EventsMessage>(lost.content).from_oldest = true;
        EventRecord action = event(1, 5);
        action.stop_samples = 17;
        store.commit(std::vector{lost, events({action, event(1, 8)}, "pump"),
                                 events({event(3, 1), event(3, 2)}, "fan"),
                                 report(1, 1000, 50'000, "pump")});
        StatusRecord status;
        status.online = true;
        status.application = "guard";
        status.bundle_version = "1.0.0";
        store.commit(std::vector<Message>{
            {"fan", kNoon, status},
            {"fan", kNoon, GateRecord{3, 1, 100, std::string("\0\1\2\3", 4), true}},
            events({event(3, 3)}, "fan")});
    }

    TemporaryDirectory directory_;
    std::string uri_;
};

TEST_F(MigrateTest, PostgresAnswersAsSqliteDidAndGoesOn) {
    SqliteStore before(directory_.path() / "fleet.db");
    fill(before);
    std::vector<MigratedTable> tables = migrate_to_postgres(directory_.path(), uri_, silent);
    EXPECT_EQ(tables.back().name, "events");
    EXPECT_EQ(tables.back().rows, 6U);

    PgStore after(uri_, "server");
    const auto old_events = before.events({});
    const auto new_events = after.events({});
    ASSERT_EQ(new_events.size(), old_events.size());
    for (size_t i = 0; i < old_events.size(); ++i) {
        EXPECT_EQ(new_events[i].id, old_events[i].id);
        EXPECT_EQ(new_events[i].device, old_events[i].device);
        EXPECT_EQ(new_events[i].time_ms, old_events[i].time_ms);
        EXPECT_EQ(new_events[i].event.sequence, old_events[i].event.sequence);
        EXPECT_EQ(new_events[i].event.stop_samples, old_events[i].event.stop_samples);
    }
    EXPECT_EQ(after.attributes(), before.attributes());
    EXPECT_EQ(after.summary().bytes_sensed, before.summary().bytes_sensed);
    EXPECT_EQ(after.device("fan")->application, "guard");
    EXPECT_EQ(after.device("fan")->bundle_version, "1.0.0");
    EXPECT_EQ(after.device("pump")->score_permille, before.device("pump")->score_permille);
    EXPECT_TRUE(after.device("fan")->online);
    ASSERT_THAT(after.gate({}), SizeIs(1));
    EXPECT_TRUE(after.gate({})[0].complete);
    const RollupQuery days{"fleet", Span::day, 0, 2 * kNoon};
    EXPECT_EQ(after.rollups(days).at(0).events, before.rollups(days).at(0).events);
    EXPECT_EQ(after.rollups(days).at(0).scores, before.rollups(days).at(0).scores);
    const auto describe = [](const std::vector<Gap>& gaps) {
        std::vector<std::pair<uint32_t, uint32_t>> ranges;
        ranges.reserve(gaps.size());
        for (const Gap& gap : gaps) ranges.emplace_back(gap.first, gap.last);
        return ranges;
    };
    EXPECT_EQ(describe(after.gaps({})), describe(before.gaps({})));
    // The same message means the same to both from then on.
    const std::vector next{events({event(1, 5), event(1, 6), event(1, 7), event(1, 9)}, "pump"),
                           events({event(1, 1)}, "new")};
    const auto old_commit = before.commit(next);
    const auto new_commit = after.commit(next);
    EXPECT_EQ(new_commit.new_events.size(), old_commit.new_events.size());
    EXPECT_EQ(new_commit.new_events.at(0).id, old_commit.new_events.at(0).id);
    EXPECT_THAT(new_commit.acks, ElementsAre(Through("new", 1, 1), Through("pump", 1, 9)));
}

TEST_F(MigrateTest, OnlyAStoppedServersFolderAndIntoAnEmptyDatabase) {
    EXPECT_THAT([&] { migrate_to_postgres(directory_.path(), uri_, silent); },
                ThrowsMessage<StoreError>(HasSubstr("no fleet.db")));
    {
        SqliteStore store(directory_.path() / "fleet.db");
        fill(store);
    }
    {
        const DirectoryLock running(directory_.path());
        EXPECT_THROW(migrate_to_postgres(directory_.path(), uri_, silent), std::runtime_error);
    }
    migrate_to_postgres(directory_.path(), uri_, silent);
    EXPECT_THAT([&] { migrate_to_postgres(directory_.path(), uri_, silent); },
                ThrowsMessage<StoreError>(HasSubstr("has a fleet already")));
    EXPECT_EQ(PgStore(uri_, "server").summary().events, 6U);
}

}  // namespace
}  // namespace ganglion::fleet
